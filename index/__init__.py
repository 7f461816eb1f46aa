"""Finding passages: embed, store in Chroma, keywords, fuse."""
