/* The maintainers' page: how the bot does, from /desk/api/health. Text and tables come first, the plots when they are drawn. A plot is shown
   as an image in the colors of the page, and once more in black for paper; the same numbers stand in a table. */
import { announce, call, confirmed, element, field, link, longDate, once, problem, sentence, start } from "./staff-shell.js";

const SECTIONS = { questions: "Questions", evaluation: "Evaluation", corpus: "Sources", passages: "Passages", index: "Index" };
const STATUSES = {
  answered: "Answered", partial: "Answered in part", clarify: "Asked back", not_found: "Not found", advice: "Asked for advice",
  out_of_scope: "Out of scope", refused: "Refused", smalltalk: "Small talk",
};
const STEPS = { total: "Whole answer", understand: "Understanding", search: "Searching", compose: "Composing", check: "Checking" };
const PLOTS = { questions: "Questions and what became of them", latency: "Time until an answer was whole", runs: "Evaluation runs" };
const COLORS = ["--ink", "--quiet", "--line", "--accent", "--paper"];
const PAPER = { "--ink": "#000", "--quiet": "#333", "--line": "#bbb", "--accent": "#000", "--paper": "#fff" };
const WIDEST = 680; // pixels of a plot: beside it stands a table where there is room
const FIRST = 12; // stale sources that are shown at once
const SECONDS = 90; // to wait for an index to be opened
const main = document.getElementById("main");
const chosen = { days: 30, choice: "" };
let session;
let width = 0; // for which the plots are drawn
let drawing = 0; // the newest time that plots were asked for

start("health", begun);

async function begun(now) {
  session = now;
  main.replaceChildren(element("h1", { text: "Health" }), element("p", { id: "loading", text: "Loading…" }));
  await show();
  let settled;
  addEventListener("resize", () => {
    clearTimeout(settled);
    settled = setTimeout(resized, 300);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", colored);
}

/* Load and show everything but the plots, which follow; if `to` is given, go on reading there. */
async function show(to = "") {
  const waiting = setTimeout(() => announce("Loading"), 500);
  let held;
  try {
    held = await call("GET", `health?${new URLSearchParams(chosen)}`);
  } catch (error) {
    return failed(error);
  } finally {
    clearTimeout(waiting);
  }
  const { attention, journal, evaluation, corpus, index } = held;
  main.replaceChildren(
    element("h1", { text: "Health" }),
    looks(attention, held.at),
    contents(),
    questions(journal),
    evaluated(evaluation),
    sources(corpus, journal),
    passages(journal.passages, journal.since),
    builds(index),
  );
  reachable();
  if (to) main.querySelector(to)?.focus();
  draw(); // nobody waits for it
}

function failed(error) {
  let place = document.getElementById("trouble");
  if (!place) {
    place = element("div", { id: "trouble" });
    main.querySelector("h1").after(place);
  }
  document.getElementById("loading")?.remove();
  problem(place, error.message);
  const again = element("button", { text: "Try again", onclick: () => once(again, () => show()) });
  place.append(element("div", { class: "buttons" }, again));
}

/* What is worth a look */

function looks(attention, at) {
  const shapes = { bad: ["✗", "Wrong: "], warn: ["▲", "Look: "], good: ["✓", ""] };
  const all = attention.length ? attention : [{ kind: "good", text: "Nothing that this page watches needs a look" }];
  const lines = all.map(({ kind, text, section }) => {
    const [shape, word] = shapes[kind];
    const told = section ? [sentence(text), " ", element("a", { href: `#${section}`, text: SECTIONS[section] })] : [sentence(text)];
    return element(
      "li", { class: kind }, element("span", { class: "shape", "aria-hidden": "true", text: shape }),
      element("span", {}, element("span", { class: "unseen", text: word }), ...told),
    );
  });
  const again = element("button", { class: "link", text: "Load again", onclick: () => once(again, () => show("#looks")) });
  return element(
    "section", { "aria-labelledby": "looks" }, element("h2", { id: "looks", tabindex: "-1", text: attention.length ? "Worth a look" : "All is well" }),
    element("ul", { class: "looks" }, ...lines), element("p", { class: "quiet small" }, `As of ${moment(at)}. `, again),
  );
}

function contents() {
  const links = Object.entries(SECTIONS).map(([id, name]) => element("li", {}, element("a", { href: `#${id}`, text: name })));
  return element("nav", { class: "contents", "aria-label": "On this page" }, element("ul", {}, ...links));
}

function section(id, ...children) {
  return element("section", { "aria-labelledby": id }, element("h2", { id, tabindex: "-1", text: SECTIONS[id] }), ...children);
}

/* Questions */

function questions(journal) {
  const { statuses, days, questions: all, latency_ms: steps } = journal;
  const period = element(
    "select", { onchange: () => { chosen.days = Number(period.value); show(`#${period.id}`); } },
    ...journal.periods.map((days) => element("option", { value: String(days), text: `the last ${days} days`, selected: days === Math.min(chosen.days, journal.kept_days) })),
  );
  period.id = "period";
  const parts = [element("div", { class: "choose" }, field("Time", period, `Days in UTC, since ${longDate(journal.since)}`))];
  if (journal.note) parts.push(element("p", { class: "notice", text: journal.note }));
  if (!all) return section("questions", ...parts);
  const declined = statuses.not_found ?? 0;
  const given = (statuses.answered ?? 0) + (statuses.partial ?? 0);
  parts.push(
    tiles([
      ["Questions", count(all), `on ${plural(Object.keys(days).length, "day")}`],
      ["Answered", percent(given / all), `${count(given)}, in part or whole`],
      ["Not found", percent(declined / all), `${count(declined)}, not in our sources`],
      ["Half within", ms(steps.total.p50), "p50 of a whole answer"],
      ["99 of 100 within", ms(steps.total.p99), "p99 of a whole answer"],
    ]),
    element(
      "div", { class: "pair" }, plot("questions"),
      table("What became of the questions", ["", "questions#", "share#"], Object.entries(statuses).map(([status, n]) => [STATUSES[status] ?? status, count(n), percent(n / all)])),
    ),
    folded("Questions by day, as a table", table("Questions by day", ["day", ...Object.keys(statuses).map((status) => `${STATUSES[status] ?? status}#`)], byDay(days, Object.keys(statuses)))),
    element("h3", { text: "How long an answer takes" }),
    element(
      "div", { class: "pair" }, plot("latency"),
      table(
        "Milliseconds that 50, 90 and 99 of 100 answers did not exceed", ["step", "p50#", "p90#", "p99#"],
        Object.entries(steps).map(([step, { p50, p90, p99 }]) => [STEPS[step], ...[p50, p90, p99].map(bare)]),
      ),
    ),
    folded(
      "Milliseconds by day, as a table",
      table("Whole answers by day", ["day", "p50#", "p90#", "p99#"], newest(journal.latency_by_day).map(([day, { p50, p90, p99 }]) => [longDate(day), ...[p50, p90, p99].map(bare)])),
    ),
    element("h3", { text: "Who asks how" }),
    rows({
      Languages: shares(journal.languages, all, language),
      "Worded by": shares(journal.modes, all, (mode) => mode),
      Thumbs: Object.keys(journal.thumbs).length ? `${count(journal.thumbs.up ?? 0)} up, ${count(journal.thumbs.down ?? 0)} down` : "none was given",
    }),
  );
  return section("questions", ...parts);
}

const newest = (days) => Object.entries(days).reverse();
const byDay = (days, statuses) => newest(days).map(([day, of]) => [longDate(day), ...statuses.map((status) => count(of[status] ?? 0))]);
const shares = (counts, all, named) => Object.entries(counts).map(([key, n]) => `${named(key)} ${percent(n / all)}`).join(", ");

function language(code) {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code);
  } catch {
    return code;
  }
}

/* Evaluation */

function evaluated(held) {
  const { last, before, bars } = held;
  const parts = [];
  if (held.choices.length > 1) {
    const choice = element(
      "select", { onchange: () => { chosen.choice = choice.value; show(`#${choice.id}`); } },
      ...held.choices.map(({ choice: name, label, runs }) => element("option", { value: name, text: `${label}: ${plural(runs, "run")}`, selected: name === held.choice })),
    );
    choice.id = "choice";
    parts.push(element("div", { class: "choose" }, field("Runs of", choice, "Only runs of the same cases are compared")));
  }
  if (held.note) parts.push(element("p", { class: "notice", text: held.note }));
  if (last) parts.push(...lastRun(held, last, before, bars));
  if (held.unreadable.length) {
    parts.push(
      element("h3", { text: "What could not be read" }),
      element("ul", { class: "broken" }, ...held.unreadable.map(({ name, reason }) => element("li", {}, element("strong", { text: name }), `: ${sentence(reason)}`))),
    );
  }
  return section("evaluation", ...parts);
}

function lastRun(held, last, before, bars) {
  const right = held.measures.find(({ name }) => name === "right");
  const told = right?.now ? `${percent(right.now.value)} of ${count(right.now.n)} cases were answered rightly (${span(right.now)}: the 95 % interval).` : "";
  const parts = [
    element("p", {}, element("strong", { text: told }), ` Run ${last.name} of ${moment(last.begun)}${before ? `, beside ${before.name} of ${moment(before.begun)}` : ""}.`),
    ...barsOf(bars),
    ...(held.trend.length > 1
      ? [element("h3", { text: "Runs, oldest first" }), plot("runs"), folded("The runs, as a table", trend(held))]
      : []),
    element("h3", { text: before ? "The last run and the one before" : "The last run" }),
    table(
      "Over all cases: the value and its 95 % interval", ["measure", "last#", ...(before ? ["before#", "change#"] : [])],
      held.measures.filter(({ now }) => now).map((one) => [
        [one.words, one.fewer ? "less is better" : ""], value(one.now), ...(before ? [value(one.before), change(one)] : []),
      ]),
    ),
    table(
      "Right answers by set", ["set", "cases#", "last#", ...(before ? ["before#", "change#"] : [])],
      held.sets.map((one) => [
        [one.set.replaceAll("_", " "), one.edited ? "its cases were changed in between" : ""], count(one.now.n), value(one.now), ...(before ? [value(one.before), change(one)] : []),
      ]),
    ),
    before ? element("p", { class: "quiet small", text: "Where intervals overlap, a change may be chance; northbound eval compare tests it." }) : "",
    rows({
      "Version of Northbound": last.version || "not kept",
      "Version of the documents": last.corpus_version,
      "Language model": last.language_model || "none",
      "95 of 100 answers within": last.p95_ms === null ? "not kept" : ms(last.p95_ms),
    }),
  ];
  return parts;
}

function barsOf(bars) {
  if (bars === null || !bars.length) return [];
  const broken = bars.filter(({ holds }) => !holds);
  const all = table(
    "Bars of eval/gate.toml, as the run was judged by them", ["measure", "over", "must be", "was#", ""],
    bars.map((bar) => [[bar.measure, bar.reason], bar.group.replaceAll("_", " "), limit(bar), bar.value === null ? "–" : bar.value.toFixed(3), mark(bar.holds)]),
  );
  return [
    element("h3", { text: broken.length ? `${broken.length} of ${bars.length} bars are broken` : `All ${bars.length} bars hold` }),
    ...(broken.length
      ? [element("ul", { class: "broken" }, ...broken.map((bar) =>
          element("li", {}, element("strong", { text: `${bar.measure}${bar.group === "all" ? "" : ` (${bar.group.replaceAll("_", " ")})`}` }),
            `: ${bar.value === null ? "not measured" : bar.value.toFixed(3)}, must be ${limit(bar)}. ${bar.reason}`)))]
      : []),
    folded("Every bar", all),
  ];
}

const limit = ({ least, most, hard }) => `${least === null ? `at most ${most}` : `at least ${least}`}${hard ? " (one case breaks it)" : ""}`;
const mark = (holds) => element("span", { class: holds ? "good" : "bad", text: holds ? "✓ holds" : "✗ broken" });

function trend(held) {
  const columns = held.words.map(({ words }, n) => [words, n]).filter(([, n]) => held.trend.some(({ measures }) => measures[n]));
  return table(
    "Runs of the same cases, oldest first", ["run", ...columns.map(([words]) => `${words}#`), "p95#", "bars broken"],
    held.trend.map((run, n) => [
      [`${n + 1}. ${run.name}`, moment(run.begun)],
      ...columns.map(([, at]) => (run.measures[at] ? percent(run.measures[at].value) : "–")),
      run.p95_ms === null ? "–" : ms(run.p95_ms),
      run.broken === null ? "not kept" : run.broken.length ? `✗ ${run.broken.join(", ")}` : "✓ none",
    ]),
  );
}

const value = (one) => (one ? [percent(one.value), span(one)] : "–");
const span = ({ low, high }) => (low === null || high === null ? "" : `${(100 * low).toFixed(1)} to ${percent(high)}`);

function change({ now, before, apart, fewer }) {
  if (!now || !before) return "–";
  const points = 100 * (now.value - before.value);
  if (Math.abs(points) < 0.05) return "none";
  const told = `${points > 0 ? "+" : "−"}${Math.abs(points).toFixed(1)}`;
  return apart ? [told, points > 0 === !fewer ? "better, hardly by chance" : "worse, hardly by chance"] : told;
}

/* Sources and passages */

function sources(corpus, journal) {
  const { stale } = corpus;
  const age = corpus.age_days === null ? "no source carries a date" : `${longDate(corpus.newest)}, ${corpus.age_days === 0 ? "today" : `${plural(corpus.age_days, "day")} ago`}`;
  const parts = [
    rows({
      Version: corpus.version,
      "Newest source": age,
      Sources: `${count(corpus.sources)}: ${Object.entries(corpus.kinds).map(([kind, n]) => `${count(n)} ${kind}`).join(", ")}`,
      "Without a date": corpus.undated ? count(corpus.undated) : "none",
    }),
    element("h3", { text: stale.length ? `${plural(stale.length, "stale source")}` : "No stale sources" }),
    element("p", {
      text: stale.length
        ? `Last known to be true over ${corpus.stale_after_days} days ago; the most cited first. To fetch their pages again: northbound corpus refresh. Or read the page, and write the day at as_of in corpus/sources.toml and in the brief.`
        : `Every source with a date was known to be true within the last ${corpus.stale_after_days} days.`,
    }),
  ];
  if (stale.length) {
    const listed = (some) => table(
      `Stale sources, and how often they were cited since ${longDate(journal.since)}`, ["source", "as of", "days ago#", "cited#"],
      some.map((one) => [[link(one.link, one.title), [one.publisher, one.kind].filter(Boolean).join(", ")], longDate(one.as_of), count(one.days), count(one.uses)]),
    );
    parts.push(listed(stale.slice(0, FIRST)));
    if (stale.length > FIRST) parts.push(folded(`${count(stale.length - FIRST)} more`, listed(stale.slice(FIRST))));
  }
  return section("corpus", ...parts);
}

function passages(held, since) {
  if (!held.most.length) return section("passages", element("p", { class: "notice", text: `No answer in the journal cites a passage since ${longDate(since)}.` }));
  const parts = [
    element("h3", { text: "Most used" }),
    table(
      `Passages by how many answers cite them, since ${longDate(since)}`, ["passage", "answers#"],
      held.most.map(({ heading, title, publisher, id, count: n }) => [heading ? [heading, [publisher, title].filter(Boolean).join(": ")] : [id, "not in the index in use"], count(n)]),
    ),
  ];
  if (held.held) {
    const never = held.held - held.used;
    parts.push(element("h3", { text: "Never used" }), element("p", { text: `No answer cites ${count(never)} of the ${count(held.held)} passages in the index in use (${percent(never / held.held)}).` }));
    if (!held.listed) parts.push(element("p", { class: "quiet", text: "They are too many to be listed here." }));
    else if (never) {
      parts.push(
        folded(
          `Which ones, by source (${count(held.unused.length)})`,
          ...held.unused.map(({ title, headings }) => folded(`${title}: ${count(headings.length)}`, element("ul", {}, ...headings.map((text) => element("li", { text }))))),
        ),
      );
    }
  }
  return section("passages", ...parts);
}

/* The index */

function builds(index) {
  const parts = [];
  if (index.server) parts.push(element("p", { text: `Published as ${index.server}.` }));
  if (index.problem) parts.push(element("p", { class: "problem", text: sentence(index.problem) }));
  if (index.builds.length) {
    parts.push(
      table(
        "Builds of the index that are kept, the newest first", ["build", "made", "passages#", "documents#", "version of the documents"],
        index.builds.map((one) => [
          [one.build, state(one)], one.built ? moment(one.built) : "not known here", one.passages === null ? "–" : count(one.passages),
          one.documents === null ? "–" : count(one.documents), one.corpus_version || "–",
        ]),
      ),
    );
  }
  if (index.live_since) parts.push(element("p", { class: "quiet small", text: `Build ${index.live} is live since ${moment(index.live_since)}.` }));
  const place = element("div", { id: "going", role: "status" });
  if (index.no_back) parts.push(element("p", { text: sentence(index.no_back) }));
  else if (session.role !== "maintainer") parts.push(element("p", { text: `To go back to build ${index.back.build} takes the role maintainer; you have ${session.role}.` }));
  else {
    const back = element("button", { text: `Go back to build ${index.back.build}…`, onclick: () => once(back, () => goBack(index.back, place)) });
    parts.push(element("div", { class: "buttons" }, back));
  }
  return section("index", ...parts, place);
}

function state({ live, in_use, back }) {
  const aside = !live && !back && !in_use;
  return [in_use && "in use", live && "live", back && "the one to go back to", aside && "set aside; the next build of the index removes it"].filter(Boolean).join(", ");
}

async function goBack({ build, plan }, place) {
  if (!(await confirmed(`Go back to build ${build}?`, plan.join("\n"), "Go back", "Stay"))) return;
  problem(place, "");
  try {
    await call("POST", "rollback", { to: build });
    place.textContent = `Build ${build} is live. This server is opening it…`;
    if (!(await opened(build))) {
      place.textContent = `Build ${build} was made live, but this server has not opened it yet. Load the page again in a while.`;
      return;
    }
  } catch (error) {
    if (error.status === 400) await show("#index"); // somebody was faster: what stands here was not so any more
    problem(document.getElementById("going"), error.message);
    return;
  }
  await show("#index");
  document.getElementById("going").replaceChildren(element("p", { class: "notice", text: `Build ${build} answers now.` }));
}

/* Wait until the build answers; whether it does. */
async function opened(build) {
  for (let tries = 0; tries < SECONDS; tries++) {
    const { in_use, live } = await call("GET", "health/index");
    if (in_use === build || !in_use) return true;
    if (live !== build) return false; // somebody else has published meanwhile
    await new Promise((done) => setTimeout(done, 1_000));
  }
  return false;
}

/* Plots */

function plot(name) {
  return element("figure", { class: "waiting", "data-plot": name, "aria-label": PLOTS[name] }, element("p", { text: "Drawing…" }));
}

async function draw() {
  const places = [...main.querySelectorAll("[data-plot]")];
  if (!places.length) return;
  const mine = ++drawing;
  width = room();
  let made = {};
  let trouble = "";
  try {
    made = await call("GET", `health/plots?${new URLSearchParams({ ...chosen, width })}`);
  } catch (error) {
    trouble = `The plot could not be drawn: ${sentence(error.message)} The table holds the same numbers.`;
  }
  if (mine !== drawing) return;
  for (const place of places) {
    const { svg, alt } = made[place.dataset.plot] ?? {};
    place.classList.remove("waiting");
    if (!svg) place.replaceChildren(element("p", { class: "quiet", text: trouble || "Nothing to draw." }));
    else {
      const images = ["screen", "paper"].map((kind) => Object.assign(element("img", { class: kind, alt, width: String(width) }), { svg }));
      place.replaceChildren(...images);
    }
  }
  colored();
}

/* Put the page's colors into the images; those for paper are black on white. */
function colored() {
  const page = getComputedStyle(document.documentElement);
  for (const image of main.querySelectorAll("figure img")) {
    const named = image.className === "paper" ? PAPER : Object.fromEntries(COLORS.map((name) => [name, page.getPropertyValue(name).trim()]));
    image.src = `data:image/svg+xml,${encodeURIComponent(image.svg.replace(/var\((--[a-z]+)\)/g, (all, name) => named[name] ?? all))}`;
  }
}

function resized() {
  reachable();
  if (Math.abs(room() - width) > 40) draw();
}

/* How wide a plot may be, in pixels. */
function room() {
  const { paddingLeft, paddingRight } = getComputedStyle(main);
  return Math.max(300, Math.min(Math.floor(main.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight)), WIDEST));
}

/* Small parts */

/** A table in a frame of its own that scrolls where the page is narrower. A head that ends with # is of numbers; a cell is a text, an
    element, or both with what stands below in small. */
function table(caption, heads, lines) {
  const numbers = heads.map((head) => head.endsWith("#"));
  const cell = (name, n, what, properties = {}) => {
    const [text, below] = Array.isArray(what) ? what : [what, ""];
    return element(name, { ...properties, class: numbers[n] && "number" }, text, below && element("span", { class: "small", text: below }));
  };
  const head = heads.map((text, n) => (text ? cell("th", n, text.replace("#", ""), { scope: "col" }) : element("td")));
  const body = lines.map((line) => element("tr", {}, ...line.map((what, n) => (n ? cell("td", n, what) : cell("th", n, what, { scope: "row" })))));
  return element(
    "div", { class: "wide", "data-of": caption },
    element("table", {}, element("caption", { text: caption }), element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body)),
  );
}

/* A frame that scrolls can be reached with the keyboard; one that does not is no stop on the way. */
function reachable() {
  for (const frame of main.querySelectorAll(".wide")) {
    const scrolls = frame.scrollWidth > frame.clientWidth + 1;
    const set = { tabindex: "0", role: "region", "aria-label": frame.dataset.of };
    for (const [name, value] of Object.entries(set)) scrolls ? frame.setAttribute(name, value) : frame.removeAttribute(name);
  }
}

function folded(summary, ...inside) {
  return element("details", { ontoggle: reachable }, element("summary", { text: summary }), ...inside);
}

function tiles(all) {
  return element("dl", { class: "tiles" }, ...all.map(([name, text, below]) => element("div", {}, element("dt", { text: name }), element("dd", {}, element("strong", { text }), below))));
}

function rows(of) {
  return element("dl", { class: "rows" }, ...Object.entries(of).flatMap(([name, text]) => [element("dt", { text: name }), element("dd", { text })]));
}

const count = (n) => n.toLocaleString("en-US");
const plural = (n, noun) => `${count(n)} ${noun}${n === 1 ? "" : "s"}`;
const percent = (share) => `${(100 * share).toFixed(1)}\u00a0%`;
const bare = (value) => (value >= 10 ? count(Math.round(value)) : value.toFixed(1));
const ms = (value) => `${bare(value)}\u00a0ms`;
const moment = (iso) => `${longDate(iso)}, ${iso.slice(11, 16)} UTC`;
