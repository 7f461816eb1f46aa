/* What a member of staff has written and not saved. It is kept three times: as it was typed in the page's memory; without personal numbers
   in this tab's storage, for a reload; and so in the browser's, for a tab that was closed, until it is saved, dropped or logged out of. */

const PLACE = "northbound-staff"; // how the name of everything that is stored begins
const TAB = `${PLACE}-tab`;
const DAYS = 14; // what nobody came back for in so long is removed
const ANSWERS = 250; // milliseconds in which the other tabs answer
const memory = new Map();
const channel = new BroadcastChannel(PLACE);
let user = "";
let tab = "";
let goneOut = () => {};

/** From now on for this member of staff. `out` is called when they have logged out in another tab. */
export function keepFor(name, out) {
  user = name;
  goneOut = out;
  memory.clear();
  tab = stored(() => sessionStorage.getItem(TAB)) || newTab();
  channel.postMessage({ is: tab }); // a duplicated tab begins with the name of the first, which then tells it so
  for (const [key, one] of inBrowser("")) if (Date.now() - one.at > DAYS * 86_400_000) stored(() => localStorage.removeItem(key));
}

export const kept = {
  read(name) {
    if (!memory.has(name)) memory.set(name, stored(() => JSON.parse(sessionStorage.getItem(own(name)))) ?? null);
    return memory.get(name);
  },

  /** Keep `value`; what may be stored of it is `masked`, with `unsaved` for when the tab is closed, too. null: keep it no longer. */
  write(name, value, masked = value, unsaved = true) {
    memory.set(name, value);
    if (value === null) stored(() => sessionStorage.removeItem(own(name)));
    else stored(() => sessionStorage.setItem(own(name), JSON.stringify(masked)));
    if (value === null || !unsaved) stored(() => localStorage.removeItem(shared(name)));
    else stored(() => localStorage.setItem(shared(name), JSON.stringify({ at: Date.now(), value: masked })));
  },

  /** The names of what is kept in this tab that begin so. */
  names(start) {
    const stored_ = stored(() => Object.keys(sessionStorage)) ?? [];
    const all = new Set([...stored_.filter((key) => key.startsWith(own(""))).map((key) => key.slice(own("").length)), ...memory.keys()]);
    return [...all].filter((name) => name.startsWith(start) && this.read(name) !== null);
  },
};

/** What was written in tabs that are not open any more: { key, name, at, value } each, the newest first. */
export async function leftBehind() {
  const others = inBrowser(`${place()} `).map(([key, one]) => ({ key, ...one, ...named(key) })).filter((one) => one.tab !== tab);
  if (!others.length) return [];
  const open = new Set();
  const hear = ({ data }) => data.here && open.add(data.here);
  channel.addEventListener("message", hear);
  channel.postMessage({ who: true });
  await new Promise((done) => setTimeout(done, ANSWERS));
  channel.removeEventListener("message", hear);
  return others.filter((one) => !open.has(one.tab)).sort((a, b) => b.at - a.at);
}

/** Forget one of them: it was dropped, or is kept in this tab from now on. */
export const forgetLeft = (one) => stored(() => localStorage.removeItem(one.key));

/** Whether anything is not saved, in whichever tab. */
export const anythingUnsaved = () => inBrowser(`${place()} `).length > 0;

/** Remove all of it, from the other tabs too. */
export function forgetAll() {
  forgetHere();
  for (const [key] of inBrowser(`${place()} `)) stored(() => localStorage.removeItem(key));
  channel.postMessage({ out: user });
}

function forgetHere() {
  memory.clear();
  for (const key of stored(() => Object.keys(sessionStorage)) ?? []) if (key === TAB || key.startsWith(own(""))) stored(() => sessionStorage.removeItem(key));
}

channel.addEventListener("message", ({ data }) => {
  if (!user) return;
  if (data.who) channel.postMessage({ here: tab });
  else if (data.is === tab) channel.postMessage({ taken: tab });
  else if (data.taken === tab) {
    const before = kept.names("").map((name) => [name, stored(() => localStorage.getItem(shared(name)))]);
    newTab();
    for (const [name, text] of before) if (text) stored(() => localStorage.setItem(shared(name), text));
  } else if (data.out === user) {
    forgetHere();
    goneOut();
  }
});

function newTab() {
  tab = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  stored(() => sessionStorage.setItem(TAB, tab));
  return tab;
}

/* What is stored in the browser under names that begin so. */
function inBrowser(start) {
  const keys = (stored(() => Object.keys(localStorage)) ?? []).filter((key) => key.startsWith(start || `${PLACE} `));
  return keys.map((key) => [key, stored(() => JSON.parse(localStorage.getItem(key)))]).filter(([, one]) => one?.at && one.value);
}

function named(key) {
  const [of, ...name] = key.slice(place().length + 1).split(" ");
  return { tab: of, name: name.join(" ") };
}

const place = () => `${PLACE} ${encodeURIComponent(user)}`; // of two names none begins with the other and a blank
const own = (name) => `${place()} ${name}`;
const shared = (name) => `${place()} ${tab} ${name}`;

/* Storage may be full or forbidden: the page works without it until it is left. */
function stored(use) {
  try {
    return use();
  } catch {
    return null;
  }
}
