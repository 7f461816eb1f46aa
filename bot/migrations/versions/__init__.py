"""Named by number, in order. One that was released is never changed: the next one is added."""
