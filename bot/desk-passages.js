/* Quotes and the passages they stand in: shown beside an answer, and chosen in a dialog for a claim that staff write. */
import { announce, call, element, field, link, longDate, once, problem } from "./staff-shell.js";

/** The words of a passage with the quote marked. */
export function marked(text, start, end) {
  return element("blockquote", { class: "passage" }, text.slice(0, start), element("mark", { text: text.slice(start, end) }), text.slice(end));
}

/** One line on a source: who published it and how old it is. */
export function origin(source) {
  const told = [source.publisher, source.kind, source.standing, source.as_of ? `as of ${longDate(source.as_of)}` : "no date"];
  return element("p", { class: "small quiet", text: told.filter(Boolean).join(" · ") });
}

/** Citations of one source: its title and age once, then each quote with the passage around it on demand. */
export function cited(citations, number) {
  const [first] = citations;
  const quotes = citations.flatMap((citation) => [
    element("blockquote", { text: citation.quote }),
    element("details", {}, element("summary", { text: "In its passage" }), marked(citation.passage, citation.start, citation.end)),
  ]);
  return element("li", { class: "source" }, element("p", {}, element("strong", { text: `[${number}] ` }), link(first.url, first.title)), origin(first), ...quotes);
}

/** The quote of a claim being written, with what stands around it as it reads now. */
export function quoted(quote, remove) {
  const about = element("p", { class: "small quiet", text: quote.passage_id });
  const item = element("li", { class: "source" }, element("blockquote", { text: quote.quote }), about, remove);
  passageOf(quote.passage_id).then((passage) => {
    if (!passage) return about.append(": no such passage in the index in use");
    about.textContent = [passage.title, passage.headings.at(-1), passage.as_of && `as of ${longDate(passage.as_of)}`].filter(Boolean).join(" · ");
    const start = passage.text.indexOf(quote.quote);
    if (start < 0) about.after(element("p", { class: "bad", text: "The passage has changed and does not hold these words any more." }));
    else about.after(element("details", {}, element("summary", { text: "In its passage" }), marked(passage.text, start, start + quote.quote.length)));
  });
  return item;
}

/** Have somebody choose sentences of a passage; the quotes, or none. `about` is what to look for first. */
export function chooseQuotes(about) {
  return new Promise((done) => {
    const before = document.activeElement;
    const trouble = element("div");
    const found = element("div", { class: "found" });
    const sought = element("input", { type: "search", value: about, maxlength: 1000 });
    const look = element("button", { type: "submit", text: "Look" });
    const search = element("form", { class: "search", role: "search" }, field("Look in the sources for", sought), look);
    const quote = element("button", { class: "main", text: "Quote what is ticked" });
    const cancel = element("button", { text: "Cancel", onclick: () => dialog.close() });
    const dialog = element(
      "dialog",
      { class: "chooser", "aria-labelledby": "chooser-title" },
      element("h2", { id: "chooser-title", text: "Add a quote" }),
      search,
      trouble,
      found,
      element("div", { class: "buttons foot" }, quote, cancel),
    );
    let chosen = [];
    const seek = () =>
      once(look, async () => {
        problem(trouble, "");
        if (!sought.value.trim()) return problem(trouble, "type what to look for");
        found.replaceChildren(); // what is ticked while the next are on their way would be lost when they come
        try {
          const passages = await call("GET", `passages?about=${encodeURIComponent(sought.value)}`);
          found.replaceChildren(...passages.map(offered));
          if (!passages.length) problem(trouble, "nothing is found; use other words");
          announce(`${passages.length} passages found`);
        } catch (error) {
          problem(trouble, error.message);
        }
      });
    search.addEventListener("submit", (event) => {
      event.preventDefault();
      seek();
    });
    quote.addEventListener("click", () => {
      chosen = [...found.querySelectorAll("fieldset")].flatMap(ticked);
      if (chosen.length) dialog.close();
      else problem(trouble, "tick the sentences that say it");
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      before?.focus();
      done(chosen);
    });
    document.body.append(dialog);
    dialog.showModal();
    sought.focus();
    if (about.trim()) seek();
  });
}

const known = new Map(); // id -> the promise of a passage: the index rarely changes under one page

function passageOf(id) {
  if (!known.has(id)) known.set(id, call("GET", `passage?id=${encodeURIComponent(id)}`).catch(() => (known.delete(id), null)));
  return known.get(id);
}

/* A passage with its sentences to tick. They are parts of its text as it stands: a quote is compared letter by letter. */
function offered(passage) {
  const group = element("fieldset", { class: "source" }, element("legend", { text: passage.heading }), origin(passage), element("p", { class: "small quiet", text: passage.title }));
  group.passage = passage;
  for (const [start, end] of sentences(passage.text)) {
    const tick = element("input", { type: "checkbox", "data-start": start, "data-end": end });
    group.append(element("label", { class: "check" }, tick, element("span", { text: passage.text.slice(start, end) })));
  }
  return group;
}

/* What is ticked in one passage; neighbors make one quote. */
function ticked(group) {
  const { text, id } = group.passage;
  const runs = [];
  for (const tick of group.querySelectorAll("input:checked")) {
    const [start, end] = [Number(tick.dataset.start), Number(tick.dataset.end)];
    const last = runs.at(-1);
    if (last && !text.slice(last[1], start).trim()) last[1] = end;
    else runs.push([start, end]);
  }
  return runs.map(([start, end]) => ({ passage_id: id, quote: text.slice(start, end) }));
}

function sentences(text) {
  const spans = [];
  for (const line of text.matchAll(/[^\n]+/g)) {
    for (const [segment, index] of segments(line[0])) {
      const start = line.index + index + segment.length - segment.trimStart().length;
      const end = line.index + index + segment.trimEnd().length;
      if (end > start) spans.push([start, end]);
    }
  }
  return spans;
}

/* Firefox has had Intl.Segmenter since 2024 only; before, a sentence ends where a capital follows its stop. */
function segments(line) {
  if (Intl.Segmenter) return [...new Intl.Segmenter("en", { granularity: "sentence" }).segment(line)].map(({ segment, index }) => [segment, index]);
  return [...line.matchAll(/.+?(?:[.!?]["”)]*\s+(?=["“(]?\p{Lu})|$)/gu)].map((found) => [found[0], found.index]);
}
