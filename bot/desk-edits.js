/* Writing a reviewed answer: what is being written is kept (staff-kept.js) until it is saved or dropped, through reloads and ended logins.
   Where somebody else was faster, theirs and ours are shown side by side, and nothing is saved before somebody has looked. */
import { chooseQuotes, origin, quoted } from "./desk-passages.js";
import { mask } from "./desk-mask.js";
import { kept } from "./staff-kept.js";
import { announce, call, confirmed, element, field, link, longDate, once, sentence } from "./staff-shell.js";

const EDIT = "edit "; // in what is kept, before the key of each: { id, version, written, back, conflict, touched }
const LANGUAGES = { en: "English", fr: "French" };
const FIELDS = { question: "Question", programs: "Programs", conditions: "Conditions", language: "Language", claims: "What it says", expires: "Expires", note: "Note" };
const DAY = 86_400_000;

/** Every edit that is not saved, by its key. */
export const edits = () => Object.fromEntries(kept.names(EDIT).map((name) => [name.slice(EDIT.length), kept.read(name)]));

/** Whether something was written in one of them. */
export const editsUnsaved = () => Object.values(edits()).some((edit) => edit.touched);

/** The key of an edit that was left behind in another tab (staff-kept.js), or "" where it is something else. */
export const editLeft = (one) => (one.name.startsWith(EDIT) ? one.name.slice(EDIT.length) : "");

/** Go on here with an edit that was left behind. Whether somebody wants to. */
export async function takeBack(one) {
  const key = editLeft(one);
  if (edits()[key]?.touched && !(await confirmed("This tab holds an edit of it too", "Going on with the other one drops what you wrote here.", "Go on with the other", "Keep this one"))) return false;
  write(key, one.value);
  location.hash = `#edit/${encodeURIComponent(key)}`;
  return true;
}

/** Begin an edit, or go on with the one that is not saved. `id` and `version` are those of the reviewed answer that is changed, none for a
    new one; `anew` asks before it goes on with what somebody may not mean. */
export async function begin(key, written, { id = "", version = 0, back = "#reviewed", anew = false }) {
  const open = edits()[key];
  const over = open && anew && (await confirmed("You have an edit of this that is not saved", "Beginning anew drops it.", "Begin anew", "Go on with it"));
  if (!open || over) write(key, { id, version, written, back });
  location.hash = `#edit/${encodeURIComponent(key)}`;
}

/** A first wording where the bot claims nothing. */
export const nothing = (question, language) => ({ question, programs: [], conditions: [], language, claims: [{ text: "", quotes: [] }], expires: "", note: "" });

function write(key, edit) {
  kept.write(EDIT + key, edit, edit && { ...edit, written: maskedWriting(edit.written) }, Boolean(edit?.touched));
}

/* As the server stores it. Quotes are the sources' and are compared letter by letter. */
function maskedWriting(written) {
  const claims = written.claims.map((claim) => ({ ...claim, text: mask(claim.text) }));
  return { ...written, question: mask(written.question), conditions: written.conditions.map(mask), claims, note: mask(written.note) };
}

/** The form for one edit. `saved` is called with the reviewed answer as it was saved, `dropped` when the edit is dropped. */
export function editor(key, programs, saved, dropped) {
  const edit = edits()[key];
  const view = element("div", { class: "edit" });
  if (!edit) {
    view.append(element("h1", { tabindex: "-1", text: "Nothing is being edited here" }), element("p", {}, element("a", { href: "#reviewed", text: "To the reviewed answers" })));
    return view;
  }
  const note = (part) => {
    edit.written = { ...edit.written, ...part };
    edit.touched = true;
    write(key, edit);
  };
  const trouble = element("div");
  const form = element("form", { class: "editor", novalidate: true });

  const send = async (written, id, version) => {
    const before = edit.written;
    try {
      const made = await call("POST", id ? `reviewed/${id}` : "reviewed", id ? { version, written } : written);
      if (edit.written !== before) return goOn(made); // somebody typed on while it was sent
      write(key, null);
      saved(made);
    } catch (error) {
      if (error.status === 409 && error.body.current) {
        edit.conflict = { current: error.body.current, told: error.message };
        write(key, edit);
        draw();
        view.querySelector(".conflict h2").focus();
      } else {
        complain(error.message.split("; "));
      }
    }
  };

  const goOn = (made) => {
    Object.assign(edit, { id: made.id, version: made.version, conflict: undefined });
    write(key, edit);
    view.querySelector(".conflict")?.remove();
    label();
    trouble.replaceChildren(element("p", { class: "notice", role: "status", text: `Saved as version ${made.version}. What you typed since is not in it.` }));
  };

  const label = () => {
    if (edit.conflict) save.textContent = mineOver(edit);
    else save.textContent = edit.id ? `Save as version ${edit.version + 1}` : "Save as a reviewed answer";
  };

  const complain = (problems) => {
    const list = problems.map((told) => {
      const place = /^claim (\d+): (.*)$/s.exec(told);
      const claim = place && form.querySelectorAll(".claim textarea")[place[1] - 1];
      return element("li", {}, claim ? element("button", { class: "link", text: sentence(told), onclick: () => claim.focus() }) : sentence(told));
    });
    const box = element("div", { class: "problem", role: "alert", tabindex: "-1" }, element("p", {}, element("strong", { text: "It is not saved yet" })), element("ul", {}, ...list));
    trouble.replaceChildren(box);
    box.focus();
  };

  const save = element("button", { class: "main", type: "submit" });
  const drop = element("button", {
    text: "Drop this edit",
    onclick: async () => {
      if (!(await confirmed("Drop this edit?", "What you wrote here will be lost. The answer that is saved stays as it is.", "Drop it", "Go on editing"))) return;
      write(key, null);
      dropped(edit);
    },
  });
  const check = (button) =>
    once(button, async () => {
      trouble.replaceChildren();
      const written = cleaned(edit.written);
      const missing = unfinished(written);
      const [id, version] = edit.conflict ? [edit.conflict.current.id, edit.conflict.current.version] : [edit.id, edit.version];
      if (missing.length) complain(missing);
      else await send(written, id, version);
    });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    check(save);
  });

  const draw = () => {
    label();
    form.replaceChildren(
      scope(edit, note, programs),
      claims(edit, note),
      element("div", { class: "two" }, expiry(edit, note), staffNote(edit, note)),
      element("p", { class: "quiet small", text: "Applicants are given it when they ask this very question, about these programs, under these conditions, and for as long as every quoted passage reads as it does now." }),
      element("div", { class: "buttons" }, save, drop),
    );
    view.replaceChildren(
      element("p", {}, element("a", { href: edit.back, text: edit.back === "#message" ? "Back to the message" : "Back" })),
      element("h1", { tabindex: "-1", text: edit.id ? "Edit a reviewed answer" : "Write a reviewed answer" }),
      trouble,
      ...(edit.conflict ? [conflict(edit, programs, { take, check, give })] : []),
      form,
    );
  };

  const take = (name) => {
    note({ [name]: edit.conflict.current.written[name] });
    draw();
    view.querySelector(".conflict h2").focus();
    announce(`${FIELDS[name]}: theirs is in your edit now`);
  };
  const give = async () => {
    if (!(await confirmed("Keep theirs?", "What you wrote here will be lost.", "Keep theirs", "Go on comparing"))) return;
    const { current } = edit.conflict;
    write(key, null);
    dropped({ ...edit, back: `#reviewed/${current.id}` });
  };

  draw();
  return view;
}

/** What a reviewed answer says, to be read: its claims, each with its quotes, and where `citations` are known, whose they are. */
export function said(written, citations = []) {
  const shown = (quote) => {
    const of = citations.find((one) => one.passage_id === quote.passage_id && one.quote === quote.quote);
    return [element("blockquote", { class: "small", text: quote.quote }), of ? element("p", { class: "small" }, link(of.url, of.title)) : "", of ? origin(of) : ""];
  };
  const list = written.claims.map((claim) => element("li", {}, element("p", { text: claim.text }), ...claim.quotes.flatMap(shown)));
  return element("ol", { class: "said" }, ...list);
}

/* The parts of the form */

function scope(edit, note, programs) {
  const { written } = edit;
  const question = element("textarea", { rows: 2, maxlength: 1000, value: written.question, oninput: () => note({ question: question.value }) });
  const conditions = element("textarea", {
    rows: 2,
    value: written.conditions.join("\n"),
    oninput: () => note({ conditions: conditions.value.split("\n") }),
  });
  const language = element("select", { onchange: () => note({ language: language.value }) });
  for (const [value, text] of Object.entries(LANGUAGES)) language.append(element("option", { value, text, selected: value === written.language }));
  return element(
    "section",
    { class: "scope", "aria-labelledby": "scope-title" },
    element("h2", { id: "scope-title", text: "For which question" }),
    field("Question", question, "As it should be asked: without slips of the pen, and without anything about one person."),
    field("Conditions", conditions, "One on each line, if any: what must also be said in the question, such as: I live in Quebec."),
    chosenPrograms(edit, note, programs),
    field("Language", language),
  );
}

function chosenPrograms(edit, note, programs) {
  const box = element("div", { class: "field" });
  const draw = (focus) => {
    const chosen = edit.written.programs;
    const list = chosen.map((id) => {
      const remove = element("button", { class: "link", text: "Remove", "aria-label": `Remove ${nameOf(id, programs)}`, onclick: () => change(chosen.filter((one) => one !== id)) });
      return element("li", {}, element("span", { text: nameOf(id, programs) }), remove);
    });
    const select = element("select", {}, element("option", { value: "", text: "Choose a program" }));
    for (const program of programs.filter((one) => !chosen.includes(one.id))) select.append(element("option", { value: program.id, text: program.name }));
    const add = element("button", { text: "Add", onclick: () => select.value && change([...chosen, select.value]) });
    box.replaceChildren(
      field("Programs", select, "Those that the question names. Leave it empty where it names none."),
      element("ul", { class: "chosen" }, ...list),
    );
    const row = element("div", { class: "with-button" });
    select.replaceWith(row);
    row.append(select, add);
    if (focus) select.focus();
  };
  const change = (chosen) => {
    note({ programs: chosen });
    draw(true);
  };
  draw(false);
  return box;
}

function claims(edit, note) {
  const section = element("section", { "aria-labelledby": "claims-title" });
  const draw = (focus) => {
    const all = edit.written.claims;
    const change = (place, part) => note({ claims: edit.written.claims.map((claim, at) => (at === place ? { ...claim, ...part } : claim)) });
    const items = all.map((claim, place) => {
      const text = element("textarea", { rows: 3, maxlength: 2000, value: claim.text, oninput: () => change(place, { text: text.value }) });
      const quotes = claim.quotes.map((quote, at) =>
        quoted(quote, element("button", { class: "link", text: "Remove this quote", onclick: () => (change(place, { quotes: claim.quotes.toSpliced(at, 1) }), draw(place)) })),
      );
      const add = element("button", {
        text: "Add a quote",
        onclick: async () => {
          const now = edit.written.claims[place];
          const chosen = await chooseQuotes(edit.written.question.trim() || now.text);
          if (!chosen.length) return;
          change(place, { quotes: [...now.quotes, ...chosen] });
          draw(place);
          announce(chosen.length === 1 ? "Quote added" : `${chosen.length} quotes added`);
        },
      });
      const remove = element("button", {
        class: "link",
        text: `Remove sentence ${place + 1}`,
        onclick: () => (note({ claims: edit.written.claims.toSpliced(place, 1) }), draw(Math.max(0, place - 1))),
      });
      return element(
        "li",
        { class: "claim" },
        field(`Sentence ${place + 1}`, text),
        element("p", { class: "label small", text: claim.quotes.length ? "Supported by" : "Nothing supports it yet" }),
        quotes.length ? element("ul", { class: "sources" }, ...quotes) : "",
        element("div", { class: "buttons" }, add, all.length > 1 ? remove : ""),
      );
    });
    const more = element("button", {
      text: "Add a sentence",
      onclick: () => (note({ claims: [...edit.written.claims, { text: "", quotes: [] }] }), draw(all.length)),
    });
    section.replaceChildren(
      element("h2", { id: "claims-title", text: "What it says" }),
      element("p", { class: "hint", text: "Each sentence needs a quote from the sources; every number, date and name in it must stand in the quote." }),
      element("ol", { class: "claims" }, ...items),
      element("div", {}, more),
    );
    section.querySelectorAll(".claim textarea")[focus]?.focus();
  };
  draw(-1);
  return section;
}

function expiry(edit, note) {
  const day = (ahead) => new Date(Date.now() + ahead * DAY).toISOString().slice(0, 10);
  const input = element("input", { type: "date", min: day(1), max: day(365), value: edit.written.expires, oninput: () => note({ expires: input.value }) });
  return field("Served until", input, "At most a year from now. Left empty: 180 days.");
}

function staffNote(edit, note) {
  const text = element("textarea", { rows: 2, maxlength: 4000, value: edit.written.note, oninput: () => note({ note: text.value }) });
  return field("Note", text, "For staff only.");
}

const nameOf = (id, programs) => programs.find((one) => one.id === id)?.name ?? id;

/* Before it is sent */

function cleaned(written) {
  return { ...written, question: written.question.trim(), conditions: written.conditions.map((one) => one.trim()).filter(Boolean) };
}

function unfinished(written) {
  const missing = written.question ? [] : ["write the question"];
  if (written.conditions.length > 8) missing.push("give eight conditions at most");
  if (written.claims.length > 20) missing.push("give twenty sentences at most");
  written.claims.forEach((claim, place) => {
    if (!claim.text.trim()) missing.push(`claim ${place + 1}: write what it says, or remove it`);
    else if (!claim.quotes.length) missing.push(`claim ${place + 1}: add a quote that says it`);
  });
  return missing;
}

/* Two versions side by side */

const mineOver = (edit) => `Save mine as version ${edit.conflict.current.version + 1}`;

function conflict(edit, programs, { take, check, give }) {
  const { current, told } = edit.conflict;
  const [mine, theirs] = [cleaned(edit.written), current.written];
  const rows = Object.entries(FIELDS).map(([name, label]) => {
    const differs = JSON.stringify(mine[name]) !== JSON.stringify(theirs[name]);
    return element(
      "tr",
      { class: differs ? "differs" : "" },
      element("th", { scope: "row" }, label, differs ? element("span", { class: "warn small", text: " differs" }) : ""),
      element("td", { "data-label": "Yours" }, shown(name, mine, programs)),
      element("td", { "data-label": "Saved now" }, shown(name, theirs, programs), differs ? element("button", { class: "link", text: "Take theirs", "aria-label": `Take theirs: ${label}`, onclick: () => take(name) }) : ""),
    );
  });
  const head = element("tr", {}, element("td"), element("th", { scope: "col", text: "Yours, not saved" }), element("th", { scope: "col", text: `Saved now, version ${current.version}` }));
  const mineToo = element("button", { class: "main", text: mineOver(edit), onclick: () => check(mineToo) });
  return element(
    "section",
    { class: "conflict", "aria-labelledby": "conflict-title" },
    element("h2", { id: "conflict-title", tabindex: "-1", text: "Two versions" }),
    element("p", { class: "notice", text: `${sentence(told)} Both are below; nothing has been overwritten.` }),
    element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)),
    element("div", { class: "buttons" }, mineToo, element("button", { text: "Keep theirs, drop mine", onclick: give })),
    element("p", { class: "quiet small", text: "Or edit yours below first. Every version stays in the history." }),
  );
}

function shown(name, written, programs) {
  const value = name === "programs" ? written.programs.map((id) => nameOf(id, programs)) : written[name];
  if (name === "claims") return said(written);
  if (name === "expires") return element("p", { text: value ? longDate(value) : "in 180 days" });
  if (name === "language") return element("p", { text: LANGUAGES[value] ?? value });
  const text = Array.isArray(value) ? value.join("; ") : value;
  return element("p", text ? { text } : { class: "quiet", text: "none" });
}
