/* The support desk: a client's message becomes a draft to paste; what is wrong in it is put right as a reviewed answer; gaps are closed.
   This file holds the ways between the views and the first of them, the message. What is typed is kept (staff-kept.js). */
import { begin, editLeft, edits, editsUnsaved, editor, nothing, takeBack } from "./desk-edits.js";
import { gapsView } from "./desk-gaps.js";
import { loadShapes, mask } from "./desk-mask.js";
import { cited } from "./desk-passages.js";
import { reviewedList, reviewedOne } from "./desk-reviewed.js";
import { forgetLeft, kept, leftBehind } from "./staff-kept.js";
import { announce, call, confirmed, element, field, longDate, once, problem, sentence, start } from "./staff-shell.js";

const VIEWS = { message: "Answer a message", reviewed: "Reviewed answers", gaps: "Gaps" };
const FORMATS = { text: "Plain text", markdown: "Markdown", html: "HTML" };
const STATUSES = {
  answered: "Answered", partial: "Answered in part", clarify: "Ask the client back", not_found: "Not in our sources", advice: "Asks for advice",
  out_of_scope: "Out of scope", refused: "Refused", smalltalk: "Small talk",
};
const MESSAGE = "message"; // in what is kept: { message, made, texts, format, outdated, touched }
const EMPTY = { message: "", made: null, texts: {}, format: "text", outdated: false, touched: false };
const main = document.getElementById("main");
let programs = [];
let told = ""; // what has just been done, for the next view to say
let left = []; // what was written in tabs that were closed

start("desk", begun, () => editsUnsaved() || Boolean(kept.read(MESSAGE)?.touched));

async function begun() {
  addEventListener("hashchange", () => show(true));
  await loadShapes();
  left = (await leftBehind()).filter((one) => one.name === MESSAGE || editLeft(one));
  programs = await fetch("/api/v1/programs").then((reply) => (reply.ok ? reply.json() : []), () => []);
  await show(false);
}

/* Show the view that the address names; with `move`, reading goes on at its heading. */
async function show(move) {
  const [view, name] = wanted();
  const here = location.hash;
  const waiting = setTimeout(() => main.replaceChildren(element("p", { class: "view quiet", role: "status", text: "Loading…" })), 500);
  let shown;
  try {
    if (view === "reviewed" && name) shown = await reviewedOne(name, programs, told);
    else if (view === "reviewed") shown = await reviewedList();
    else if (view === "gaps") shown = await gapsView();
    else if (view === "edit") shown = editor(name, programs, saved, dropped);
    else shown = messageView();
  } catch (error) {
    const again = element("button", { text: "Try again", onclick: () => show(true) });
    const place = element("div");
    problem(place, error.message);
    shown = element("div", {}, element("h1", { tabindex: "-1", text: "This could not be loaded" }), place, again);
  }
  clearTimeout(waiting);
  if (location.hash !== here) return; // somebody went on meanwhile
  told = "";
  main.replaceChildren(element("div", {}, ways(view), offers()), element("div", { class: "view" }, shown));
  const title = main.querySelector("h1");
  document.title = `${title.textContent}: Northbound support desk`;
  if (move) {
    scrollTo(0, 0);
    title.focus();
  }
}

/* The view that the address names, and what of it. */
function wanted() {
  const [view, ...rest] = location.hash.slice(1).split("/");
  try {
    return [view, decodeURIComponent(rest.join("/"))];
  } catch {
    return ["", ""];
  }
}

/* The ways to the three views, and back to what is not saved. */
function ways(view) {
  const current = view in VIEWS ? view : view === "edit" ? "" : "message";
  const links = Object.entries(VIEWS).map(([name, text]) => element("li", {}, element("a", { href: `#${name}`, text, "aria-current": name === current && "page" })));
  const open = Object.entries(edits()).filter(([key]) => location.hash !== `#edit/${encodeURIComponent(key)}`);
  const unsaved = open.map(([key, edit]) => element("li", {}, "Not saved: ", element("a", { href: `#edit/${encodeURIComponent(key)}`, text: edit.written.question.trim() || "an answer without a question" })));
  return element("div", {}, element("nav", { class: "views", "aria-label": "Desk" }, element("ul", {}, ...links)), unsaved.length ? element("ul", { class: "unsaved" }, ...unsaved) : "");
}

function saved(made) {
  const draft = kept.read(MESSAGE);
  if (draft?.made) keepMessage({ ...draft, outdated: true });
  told = made.not_served_because ? `Saved as version ${made.version}.` : `Saved as version ${made.version}. Applicants are given it from the next question on.`;
  announce(told);
  go(`#reviewed/${made.id}`);
}

function dropped(edit) {
  announce("Dropped");
  go(edit.back);
}

function go(address) {
  if (location.hash === address) show(true);
  else location.replace(address); // "back" does not lead into an edit that is done
}

/* What was written in a tab that was closed: to go on with, or to drop. */
function offers() {
  if (!left.length) return "";
  const items = left.map((one) => {
    const edited = editLeft(one) ? one.value.written.question.trim() || "an answer without a question" : "";
    const what = edited ? `The answer to: ${edited}` : `The message: ${one.value.message.trim().replace(/\s+/g, " ").slice(0, 80)}…`;
    const done = () => {
      forgetLeft(one);
      left = left.filter((other) => other !== one);
    };
    const go = element("button", { text: "Go on with it", "aria-label": `Go on with it. ${what}` });
    go.addEventListener("click", () => once(go, async () => {
      const here = location.hash;
      if (!(edited ? await takeBack(one) : await takeBackMessage(one))) return;
      done();
      if (location.hash === here) show(true); // else the new address shows it
    }));
    const drop = element("button", { class: "link", text: "Drop it", "aria-label": `Drop it. ${what}` });
    drop.addEventListener("click", async () => {
      if (!(await confirmed("Drop it?", "It was never saved, and is lost then.", "Drop it", "Keep it"))) return;
      done();
      announce("Dropped");
      show(true);
    });
    return element("li", {}, element("p", { text: what }), element("p", { class: "small quiet", text: `Last written on ${moment(one.at)}` }), element("div", { class: "buttons" }, go, drop));
  });
  const title = element("h2", { id: "offers-title", text: "Not saved when a tab was closed" });
  return element("section", { class: "offers", "aria-labelledby": "offers-title" }, title, element("p", { class: "small quiet", text: "Personal numbers in it were masked." }), element("ul", { class: "plain" }, ...items));
}

async function takeBackMessage(one) {
  const here = kept.read(MESSAGE)?.message.trim();
  if (here && !(await confirmed("Replace the message?", "This tab holds another message, which is lost then.", "Replace it", "Keep this one"))) return false;
  keepMessage(one.value);
  location.hash = "#message";
  return true;
}

const moment = (at) => {
  const day = new Date(at);
  return `${longDate(`${day.getFullYear()}-${day.getMonth() + 1}-${day.getDate()}`)}, ${day.toLocaleTimeString("en-CA", { hour: "2-digit", minute: "2-digit", hour12: false })}`;
};

/* The message, and the draft of a reply */

function keepMessage(state) {
  const texts = Object.fromEntries(Object.entries(state.texts).map(([format, text]) => [format, mask(text)]));
  kept.write(MESSAGE, state, { ...state, message: mask(state.message), texts }, Boolean(state.message.trim()));
}

function messageView() {
  const state = { ...EMPTY, ...kept.read(MESSAGE) };
  const keep = (part) => keepMessage(Object.assign(state, part));
  const trouble = element("div");
  const result = element("div", { class: "result" });
  const progress = element("p", { class: "quiet", role: "status" });
  const message = element("textarea", { rows: 12, value: state.message, autocomplete: "off", oninput: () => keep({ message: message.value, touched: Boolean(message.value.trim()) }) });
  const draw = element("button", { class: "main", type: "submit", text: "Draft a reply" });
  const clear = element("button", {
    text: "Clear",
    onclick: () => {
      kept.write(MESSAGE, null);
      show(true);
    },
  });
  const form = element(
    "form",
    { class: "message" },
    field("Message", message, "Paste it as it came: several questions, quotation marks, signatures. Passport, file and phone numbers are masked before anything is done with it."),
    element("div", { class: "buttons" }, draw, clear),
    progress,
    trouble,
  );
  const drawReply = () => result.replaceChildren(...(state.made ? reply(state, keep, () => form.requestSubmit()) : []));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    once(draw, async () => {
      problem(trouble, "");
      progress.textContent = "Reading the message and looking in the sources…";
      try {
        const made = await call("POST", "draft", { message: message.value });
        keep({ made, texts: {}, outdated: false, touched: false });
        drawReply();
        result.querySelector("h2").focus();
        announce(`The draft answers ${made.parts.length} ${made.parts.length === 1 ? "question" : "questions"}`);
      } catch (error) {
        problem(trouble, error.message);
      } finally {
        progress.textContent = "";
      }
    });
  });
  message.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  drawReply();
  return element("div", {}, element("h1", { tabindex: "-1", text: "Answer a client's message" }), element("div", { class: "desk" }, form, result));
}

function reply(state, keep, again) {
  const { made } = state;
  const pieces = [];
  if (state.outdated) {
    const button = element("button", { text: "Draft it again", onclick: again });
    pieces.push(element("div", { class: "notice" }, element("p", { text: "Reviewed answers were saved since this was drafted." }), button));
  }
  if (made.checks.length)
    pieces.push(element("section", { class: "checks", "aria-labelledby": "checks-title" }, element("h2", { id: "checks-title", tabindex: "-1", text: "Check before you send it" }), element("ul", { class: "plain" }, ...made.checks.map((text) => element("li", { text: sentence(text) })))));
  pieces.push(formats(state, keep), parts(state));
  return pieces;
}

/* The reply in three formats. It can be touched up; what is copied is what stands there. */
function formats(state, keep) {
  const words = (format) => state.texts[format] ?? state.made.formats[format];
  const text = element("textarea", { rows: 16, value: words(state.format), autocomplete: "off", oninput: () => keep({ texts: { ...state.texts, [state.format]: text.value }, touched: true }) });
  const label = element("label", { for: "reply-text", class: "unseen", text: "The reply" });
  text.id = "reply-text";
  const radios = Object.entries(FORMATS).map(([format, name]) => {
    const radio = element("input", { type: "radio", name: "format", value: format, checked: format === state.format });
    radio.addEventListener("change", () => {
      keep({ format });
      text.value = words(format);
    });
    return element("label", { class: "check" }, radio, name);
  });
  const copies = Object.entries(FORMATS).map(([format, name]) => {
    const button = element("button", { text: `Copy ${name === "Plain text" ? "text" : name}`, onclick: () => copy(button, words(format), format).then(() => keep({ touched: false })) });
    return button;
  });
  return element(
    "section",
    { class: "reply", "aria-labelledby": "reply-title" },
    element("h2", { id: "reply-title", tabindex: "-1", text: "Reply" }),
    element("div", { class: "buttons" }, ...copies),
    element("fieldset", { class: "formats" }, element("legend", { class: "unseen", text: "Show it as" }), ...radios),
    label,
    text,
    element("p", { class: "hint", text: "You can change it here before you copy it; a change is to the format that is shown." }),
  );
}

/* HTML goes to the clipboard as such, so that a mail program takes it with its links, and as text for a field that takes only that. */
async function copy(button, text, format) {
  try {
    if (format === "html") await navigator.clipboard.write([new ClipboardItem({ "text/html": new Blob([text], { type: "text/html" }), "text/plain": new Blob([text], { type: "text/plain" }) })]);
    else await navigator.clipboard.writeText(text);
  } catch {
    const box = element("textarea", { value: text, class: "unseen" }); // a page that is not served from https or loopback has no clipboard
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
    button.focus();
  }
  announce("Copied");
  if (button.dataset.label) return;
  button.dataset.label = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => {
    button.textContent = button.dataset.label;
    delete button.dataset.label;
  }, 2000);
}

function parts({ made }) {
  const list = made.parts.map((part, place) => onePart(part, place + 1, made.sources));
  return element("section", { class: "parts", "aria-labelledby": "parts-title" }, element("h2", { id: "parts-title", text: "Question by question" }), element("ol", {}, ...list));
}

/* The text with its lists as lists. */
function paragraphs(text) {
  const made = [];
  for (const line of text.split(/\n+/).filter(Boolean)) {
    if (!line.startsWith("- ")) made.push(element("p", { text: line }));
    else if (made.at(-1)?.tagName === "UL") made.at(-1).append(element("li", { text: line.slice(2) }));
    else made.push(element("ul", {}, element("li", { text: line.slice(2) })));
  }
  return made;
}

function onePart(part, number, sources) {
  const { answer } = part;
  const place = (c) => sources.findIndex((s) => s.source_id === c.source_id && s.as_of === c.as_of && s.standing === c.standing) + 1;
  const bySource = new Map();
  for (const c of answer.citations) bySource.set(place(c), [...(bySource.get(place(c)) ?? []), c]);
  const reviewed = answer.reviewed;
  const edit = element("button", { text: reviewed ? "Edit the reviewed answer" : part.written ? "Put it right" : "Write an answer" });
  edit.setAttribute("aria-label", `${edit.textContent}: question ${number}`);
  edit.addEventListener("click", () =>
    once(edit, async () => {
      if (!reviewed) return begin(`new ${answer.standalone_question}`, part.written ?? nothing(answer.standalone_question, answer.language), { back: "#message" });
      try {
        const now = await call("GET", `reviewed/${reviewed.id}`);
        begin(now.id, now.written, { id: now.id, version: now.version, back: "#message" });
      } catch (error) {
        announce(error.message);
      }
    }),
  );
  return element(
    "li",
    { class: "part" },
    element("h3", { text: `${number}. ${part.question}` }),
    part.story ? element("p", { class: "small quiet", text: `Said before it: ${part.story}` }) : "",
    element(
      "p",
      { class: "small" },
      element("span", { class: answer.status === "answered" ? "good" : "warn", text: STATUSES[answer.status] ?? answer.status }),
      reviewed ? ` · reviewed by ${reviewed.by} on ${longDate(reviewed.on)}, until ${longDate(reviewed.expires)}` : "",
    ),
    ...paragraphs(part.text),
    answer.citations.length
      ? element("details", { class: "sources-of" }, element("summary", { text: answer.citations.length === 1 ? "1 quote" : `${answer.citations.length} quotes` }), element("ul", { class: "sources" }, ...[...bySource].map(([n, citations]) => cited(citations, n))))
      : "",
    element("div", {}, edit),
  );
}
