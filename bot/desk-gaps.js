/* Gaps: what was asked and not answered well, what can be done about each, and what became of those that were taken up. */
import { announce, call, confirmed, element, field, longDate, once, problem, quietly, sentence } from "./staff-shell.js";

const WEEKS = 8;
const AT_ONCE = 30; // gaps drawn before somebody asks for more
const STATUSES = {
  not_found: "not in our sources", out_of_scope: "out of scope", refused: "refused", advice: "asked for advice", answered: "answered", partial: "answered in part",
  clarify: "asked back", smalltalk: "small talk",
};
const ACTIONS = {
  asked: ["Add to a section", "Section that answers it"],
  brief: ["Brief to write", "Id for the new source"],
  correction: ["Correction to finish", "Program it is about"],
  case: ["Evaluation case", "Evaluation set"],
};
const STATES = { open: "not answered yet", answered: "answered by now", dropped: "dropped" };

/** All gaps, those that can be acted on first. */
export async function gapsView() {
  const view = element("div", { class: "gaps" }, element("h1", { tabindex: "-1", text: "Gaps" }));
  const held = await call("GET", "gaps");
  const taken = new Map(held.taken_up.toReversed().flatMap((one) => one.questions.map((question) => [question, one]))); // the last one counts
  const isTaken = (gap) => ["open", "answered"].includes(taken.get(gap.question)?.state);
  const open = held.gaps.filter((gap) => !isTaken(gap));
  view.append(
    element("p", { class: "lead", text: "What was declined, weakly supported or thumbed down, questions alike together, personal numbers masked." }),
    exports(),
  );
  if (held.journal === "off") view.append(element("p", { class: "notice", text: "No journal is kept, so no new gaps are seen: start the server with NORTHBOUND_JOURNAL=on." }));
  view.append(element("h2", { text: `To do (${open.length})` }));
  view.append(open.length ? list(open, held.actions) : element("p", { class: "quiet", text: "Nothing is open." }));
  for (const [state, title] of [["open", "Taken up, not answered yet"], ["answered", "Answered by now"], ["dropped", "Dropped"]]) {
    const these = held.taken_up.filter((one) => one.state === state);
    if (these.length) view.append(element("h2", { text: `${title} (${these.length})` }), element("ul", { class: "cards" }, ...these.map((one) => element("li", { class: "card" }, takenUp(one)))));
  }
  return view;
}

function exports() {
  const links = ["csv", "jsonl"].map((format) => {
    const link = element("a", { href: `/desk/api/export?format=${format}`, text: format.toUpperCase(), "aria-label": `The journal as ${format.toUpperCase()}` });
    link.addEventListener("click", async (event) => {
      event.preventDefault(); // first see that the login still holds: a download that is refused says nothing
      await call("GET", "session").then(() => quietly(() => location.assign(link.href)), (error) => announce(error.message));
    });
    return link;
  });
  return element("p", {}, "Take the journal away as ", links[0], " or ", links[1], ".");
}

function list(gaps, actions) {
  const shown = element("ul", { class: "cards" });
  const box = element("div", {}, shown);
  const more = element("button", { text: "Show more", onclick: () => draw(true) });
  const draw = (focus) => {
    const from = shown.childElementCount;
    shown.append(...gaps.slice(from, from + AT_ONCE).map((gap) => card(gap, actions)));
    if (shown.childElementCount >= gaps.length) more.remove();
    else box.append(more);
    if (focus) shown.children[from].querySelector("h3").focus();
  };
  draw(false);
  return box;
}

function card(gap, actions) {
  const others = gap.questions.slice(1);
  const told = [
    `asked ${gap.count === 1 ? "once" : `${gap.count} times`}`,
    gap.first === gap.last ? longDate(gap.last) : `${longDate(gap.first)} to ${longDate(gap.last)}`,
    ...Object.entries(gap.statuses).map(([status, count]) => `${STATUSES[status] ?? status}${count > 1 ? ` (${count})` : ""}`),
    gap.thumbs_down ? `thumbs down: ${gap.thumbs_down}` : "",
  ];
  const item = element("li", { class: "card" });
  item.append(
    element("div", { class: "card-head" }, element("h3", { tabindex: "-1", text: gap.question }), trend(gap)),
    element("p", { class: "small quiet", text: told.filter(Boolean).join(" · ") }),
    ...gap.reasons.map((reason) => element("blockquote", { class: "small", text: reason })),
  );
  if (others.length) item.append(element("details", {}, element("summary", { text: `${others.length} more in other words` }), element("ul", { class: "plain" }, ...others.map((text) => element("li", { text })))));
  item.append(doing(gap, actions, item));
  return item;
}

/* What can be done: a button each, made to the likeliest target at once; the targets can be changed first. */
function doing(gap, actions, item) {
  const trouble = element("div");
  const targets = Object.entries(ACTIONS).map(([name, [, label]]) => [name, field(label, element("input", { value: gap.targets[name], spellcheck: "false", maxlength: 300 }), sentence(actions[name]))]);
  const inputs = Object.fromEntries(targets.map(([name, made]) => [name, made.querySelector("input")]));
  const change = element("details", { class: "targets" }, element("summary", { text: "Change what they are made to" }), element("div", { class: "two" }, ...targets.map(([, made]) => made)));
  const take = (button, action) =>
    once(button, async () => {
      problem(trouble, "");
      const target = inputs[action].value.trim();
      if (action === "asked" && !target) return suggest(gap.question, change, inputs.asked, trouble);
      try {
        const taken = await call("POST", `gaps/${gap.id}/take-up`, { action, target });
        item.replaceChildren(takenUp(taken));
        item.querySelector("h3").focus();
        announce("Taken up. The change is shown for a maintainer to review.");
      } catch (error) {
        problem(trouble, error.message);
        change.open = true;
      }
    });
  const buttons = Object.entries(ACTIONS).map(([name, [text]]) => {
    const button = element("button", { text, "aria-label": `${text}: ${gap.question}`, onclick: () => take(button, name) });
    return button;
  });
  return element("div", { class: "doing" }, element("div", { class: "buttons" }, ...buttons), trouble, change);
}

/* Nothing was cited for it: the sections that are nearest, to choose from. */
async function suggest(question, change, input, trouble) {
  change.open = true;
  try {
    const near = (await call("GET", `passages?about=${encodeURIComponent(question.slice(0, 1000))}`)).filter((one) => one.origin === "brief" && one.section);
    const choices = near.slice(0, 6).map((one) => {
      const choice = element("button", { class: "link", text: one.heading, onclick: () => ((input.value = one.id), input.focus()) });
      return element("li", {}, choice, element("span", { class: "small quiet", text: ` ${one.title}` }));
    });
    const text = choices.length ? "No section was cited for it. Choose one that answers it:" : "no section is near; write a brief";
    problem(trouble, text);
    if (choices.length) trouble.append(element("ul", { class: "plain" }, ...choices));
  } catch (error) {
    problem(trouble, error.message);
  }
  input.focus();
}

/* One that was taken up: by whom, how, the change, and whether the bot answers it by now. */
function takenUp(taken) {
  const place = element("div");
  const [text] = ACTIONS[taken.action] ?? [taken.action];
  const state = element("span", { class: taken.state === "answered" ? "good" : taken.state === "open" ? "warn" : "quiet", text: STATES[taken.state] ?? taken.state });
  const told = `${text}${taken.target ? ` (${taken.target})` : ""}, by ${taken.by} on ${longDate(taken.opened)}`;
  place.append(
    element("h3", { tabindex: "-1", text: taken.question }),
    element("p", { class: "small" }, state, ` · ${told}${taken.checked ? ` · asked again on ${longDate(taken.checked)}` : ""}`),
  );
  const file = taken.file.split(/[\\/]/).slice(-2).join("/"); // in the data folder
  const pieces = taken.change
    ? [
        element("p", { class: "hint", text: `For a maintainer to review and apply with git apply: ${file} in the data folder.` }),
        patch(taken.change),
        element("div", { class: "buttons" }, element("button", { text: "Save the change as a file", onclick: () => download(taken) })),
      ]
    : [element("p", { class: "hint", text: `The file is not on this machine: ${file}` })];
  place.append(element("details", { open: taken.state === "open" }, element("summary", { text: "The change" }), ...pieces));
  if (taken.state === "open") {
    const trouble = element("div");
    const drop = element("button", { class: "link", text: "Drop it", "aria-label": `Drop it: ${taken.question}` });
    drop.addEventListener("click", async () => {
      if (!(await confirmed("Drop it?", "It is tracked no more. The file of the change stays.", "Drop it"))) return;
      once(drop, async () => {
        try {
          const dropped = takenUp(await call("POST", `gaps/taken-up/${taken.id}/drop`));
          place.replaceWith(dropped);
          dropped.querySelector("h3").focus();
          announce("Dropped");
        } catch (error) {
          problem(trouble, error.message);
        }
      });
    });
    place.append(trouble, drop);
  }
  return place;
}

function patch(text) {
  const lines = text.split("\n").map((line) => element("span", { class: line.startsWith("+") ? "added" : line.startsWith("-") ? "removed" : "", text: `${line}\n` }));
  return element("pre", { class: "patch", tabindex: "0", role: "region", "aria-label": "The change" }, ...lines);
}

function download(taken) {
  const address = URL.createObjectURL(new Blob([taken.change], { type: "text/x-diff" }));
  element("a", { href: address, download: taken.file.split(/[\\/]/).at(-1) }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/* Questions a week, the last eight, as bars and in words. */
function trend(gap) {
  const monday = new Date();
  monday.setUTCHours(0, 0, 0, 0);
  monday.setUTCDate(monday.getUTCDate() - ((monday.getUTCDay() + 6) % 7));
  const counts = [];
  for (let back = WEEKS - 1; back >= 0; back--) {
    const week = new Date(monday - back * 7 * 86_400_000).toISOString().slice(0, 10);
    counts.push(gap.weeks[week] ?? 0);
  }
  const most = Math.max(...counts, 1);
  const name = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(name, "svg");
  const set = (made, given) => (Object.entries(given).forEach(([key, value]) => made.setAttribute(key, value)), made);
  set(svg, { viewBox: `0 0 ${WEEKS * 10} 28`, width: WEEKS * 10, height: 28, role: "img", "aria-label": `Asked per week, the last ${WEEKS}: ${counts.join(", ")}` });
  counts.forEach((count, place) => {
    const height = count ? Math.max(3, (26 * count) / most) : 1;
    svg.append(set(document.createElementNS(name, "rect"), { x: place * 10 + 1, y: 28 - height, width: 8, height, class: count ? "bar" : "none" }));
  });
  return element("span", { class: "trend" }, svg, element("span", { class: "small", text: gap.trend }));
}
