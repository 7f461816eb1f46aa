/* Reviewed answers: all of them, and one with its history. */
import { begin, said } from "./desk-edits.js";
import { announce, call, element, field, longDate, once, problem, sentence } from "./staff-shell.js";

const SHOWN = { all: "All", served: "Served", not: "Not served" };

/** The list, which can be narrowed down. */
export async function reviewedList() {
  const all = await call("GET", "reviewed");
  const narrow = element("input", { type: "search" });
  const which = element("select", {}, ...Object.entries(SHOWN).map(([value, text]) => element("option", { value, text })));
  const rows = element("tbody");
  const count = element("p", { class: "quiet", role: "status" });
  const table = element(
    "table",
    { class: "list" },
    element("thead", {}, element("tr", {}, ...["Question", "Reviewed", "Until", "Applicants"].map((text) => element("th", { scope: "col", text })))),
    rows,
  );
  const draw = () => {
    const words = narrow.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = all.filter((one) => {
      const text = [one.written.question, ...one.written.conditions, ...one.written.programs, one.reviewer, one.written.note].join(" ").toLowerCase();
      return words.every((word) => text.includes(word)) && (which.value === "all" || (which.value === "served") === !one.not_served_because);
    });
    rows.replaceChildren(...found.map(row));
    table.hidden = !found.length;
    count.textContent = found.length === all.length ? `${all.length} in all` : `${found.length} of ${all.length}`;
  };
  narrow.addEventListener("input", draw);
  which.addEventListener("change", draw);
  draw();
  const view = element("div", {}, element("h1", { tabindex: "-1", text: "Reviewed answers" }));
  if (!all.length) {
    view.append(element("p", { class: "notice", text: "There are none yet. Draft a reply to a client's message, put a part of it right, and save it." }));
    return view;
  }
  view.append(element("div", { class: "narrow" }, field("Words in them", narrow), field("Show", which)), count, table);
  return view;
}

function row(one) {
  const { question, conditions } = one.written;
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, element("a", { href: `#reviewed/${one.id}`, text: question }), conditions.length ? element("span", { class: "small quiet", text: conditions.join("; ") }) : ""),
    element("td", { "data-label": "Reviewed", text: `${longDate(one.reviewed)}, ${one.reviewer}` }),
    element("td", { "data-label": "Until", text: longDate(one.expires) }),
    element("td", { "data-label": "Applicants" }, state(one)),
  );
}

function state(one) {
  if (!one.not_served_because) return element("span", { class: "good", text: "Served" });
  return element("span", {}, element("span", { class: "bad", text: "Not served: " }), one.not_served_because);
}

/** One of them. `told` is a sentence on what has just been done to it. */
export async function reviewedOne(id, programs, told) {
  const one = await call("GET", `reviewed/${encodeURIComponent(id)}`);
  const { written } = one;
  const trouble = element("div");
  const title = element("h1", { tabindex: "-1", text: written.question });
  const view = element("div", { class: "one" });

  const change = (button, what, done) =>
    once(button, async () => {
      problem(trouble, "");
      try {
        await call("POST", `reviewed/${id}/${what}`, { version: one.version });
        await again(done);
      } catch (error) {
        if (error.status === 409 && error.body.current?.id === id) await again(`Nothing was changed. ${sentence(error.message)}`);
        else problem(trouble, error.message);
      }
    });
  const again = async (done) => {
    const fresh = await reviewedOne(id, programs, done);
    view.replaceWith(fresh);
    fresh.querySelector("h1").focus();
    announce(done);
  };

  const edit = element("button", { class: "main", text: "Edit", onclick: () => begin(id, written, { id, version: one.version, back: `#reviewed/${id}` }) });
  const withdraw = element("button", { text: "Withdraw", onclick: () => change(withdraw, "withdraw", "Withdrawn. Applicants get the bot's own answer from the next question on.") });
  const restore = element("button", { text: "Restore", onclick: () => change(restore, "restore", "Restored, and reviewed anew by you.") });
  const ask = element("a", { class: "button", href: `/#ask=${encodeURIComponent([written.question, ...written.conditions].join(". "))}`, target: "_blank", rel: "noopener", text: "Ask it as an applicant" });
  const names = written.programs.map((program) => programs.find((known) => known.id === program)?.name ?? program);

  view.append(
    element("p", {}, element("a", { href: "#reviewed", text: "All reviewed answers" })),
    title,
    told ? element("p", { class: "notice", text: told }) : "",
    trouble,
    facts({
      Applicants: state(one),
      Reviewed: `${longDate(one.reviewed)} by ${one.reviewer}`,
      Until: longDate(one.expires),
      Programs: names.join("; ") || "none",
      Conditions: written.conditions.join("; ") || "none",
      Version: String(one.version),
      ...(written.note ? { Note: written.note } : {}),
    }),
    element("div", { class: "buttons" }, edit, one.withdrawn ? restore : withdraw, ask),
    element("h2", { text: "What it says" }),
    said(written, one.citations),
    element("h2", { text: "History" }),
    element("ol", { class: "history" }, ...one.history.toReversed().map((entry) => version(entry, one))),
  );
  return view;
}

function facts(told) {
  const list = element("dl", { class: "facts" });
  for (const [name, value] of Object.entries(told)) list.append(element("div", {}, element("dt", { text: name }), element("dd", {}, value)));
  return list;
}

/* One version: who made it and when, how it stood, and a way back to it, as a new edit. */
function version(entry, one) {
  const when = `${longDate(entry.at)}, ${entry.at.slice(11, 16)} UTC`;
  const { written } = entry;
  const details = element(
    "details",
    {},
    element("summary", { text: "How it stood" }),
    element("p", {}, element("strong", { text: written.question })),
    written.conditions.length ? element("p", { class: "small", text: `Conditions: ${written.conditions.join("; ")}` }) : "",
    said(written),
    written.note ? element("p", { class: "small quiet", text: `Note: ${written.note}` }) : "",
  );
  if (entry.version !== one.version)
    details.append(element("button", { text: `Edit from version ${entry.version}`, onclick: () => begin(one.id, written, { id: one.id, version: one.version, back: `#reviewed/${one.id}`, anew: true }) }));
  return element("li", {}, element("p", {}, element("strong", { text: `Version ${entry.version}, ${entry.what} by ${entry.by}` }), element("span", { class: "quiet", text: ` ${when}` })), details);
}
