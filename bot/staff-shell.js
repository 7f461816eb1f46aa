/* What the pages for staff have in common: the login, the header, and `call`, which asks /desk/api.

   A page calls `start` once. Everything that it shows is set as text: the policy of these pages (bot/staff_pages.py) refuses markup made of
   text altogether. A login that ends in the middle of something brings the login up over the page, and the call goes on after it. */
import { anythingUnsaved, forgetAll, keepFor } from "./staff-kept.js";

const PAGES = { desk: ["/desk", "Desk"], health: ["/health", "Health"] };
const API = "/desk/api/";
const TOKEN = "x-northbound-csrf";
const LOST = "The server cannot be reached. What you wrote is still here: try again.";
const BROKEN = "Something went wrong on our side. What you wrote is still here: try again.";
const MONTHS = "January February March April May June July August September October November December".split(" ");

let session = null; // { name, role, csrf }
let entering = null; // the promise of a login that is going on
let quiet = false; // whether this page is left for one of ours, which loses nothing

/** What was refused: `status` (0 where the server was not reached), a sentence as `message`, and what came with it as `body`. */
export class Refused extends Error {
  constructor(status, message, body = {}) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

/** Show the page `here` ("desk" or "health"): the login if there is none, then the header and main, and `ready(session)` once.
    `unsaved` says whether the browser should ask before the page is closed. */
export async function start(here, ready, unsaved = () => false) {
  addEventListener("beforeunload", (event) => {
    if (quiet || !unsaved()) return;
    event.preventDefault();
    event.returnValue = "not saved"; // what older browsers wait for
  });
  const main = at("main");
  main.hidden = true;
  let entered = false;
  try {
    session = await asked("GET", "session");
  } catch (error) {
    await atTheDoor(error.status === 401 ? "" : error.message);
    entered = true;
  }
  keepFor(session.name, () => quietly(() => location.reload()));
  header(here);
  main.hidden = false;
  await ready(session);
  if (entered) main.focus(); // the field that had the focus is gone
}

/** Ask /desk/api and give what it answers. Throws `Refused`. After a login that had ended it goes on by itself. */
export async function call(method, path, body) {
  try {
    return await asked(method, path, body);
  } catch (error) {
    if (error.status === 401) await logInAgain(error.message);
    else if (!(error.status === 403 && (await tokenIsOld()))) throw error;
    return asked(method, path, body);
  }
}

/** Do `work` for a click on `button`, once: another click meanwhile does nothing. The button keeps the focus. */
export async function once(button, work) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  try {
    await work();
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

/** Leave the page, or have the browser save a file, without its asking whether to. */
export function quietly(go) {
  quiet = true;
  setTimeout(() => (quiet = false), 2000);
  go();
}

/** Say something to a screen reader. */
export function announce(text) {
  const place = at("announce");
  place.textContent = "";
  setTimeout(() => (place.textContent = text), 50); // the same words again are said again
}

/** An element: `properties` may hold class, text, attributes such as "aria-label", and on… functions; then its children. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  if (name === "button") made.type = "button";
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") made.className = value;
    else if (key === "text") made.textContent = value;
    else if (key === "value") made.value = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/** A link to a web address; its text alone where the address is none. */
export function link(address, text) {
  if (!/^https?:\/\//.test(address)) return document.createTextNode(text);
  return element("a", { href: address, target: "_blank", rel: "noopener noreferrer", text });
}

/** What went wrong, as an alert in `place`, which is emptied first; "" only empties it. */
export function problem(place, text) {
  place.replaceChildren(...(text ? [element("p", { class: "problem", role: "alert", text: sentence(text) })] : []));
}

/** "2026-02-12" or a moment that begins so as "12 February 2026". */
export function longDate(iso) {
  const [year, month, day] = iso.slice(0, 10).split("-").map(Number);
  return [day, MONTHS[month - 1], year].filter(Boolean).join(" ");
}

/** A sentence of the server: with a capital and a full stop. */
export function sentence(text) {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?!…]$/.test(whole) ? whole : `${whole}.`;
}

/* Asking */

async function asked(method, path, body) {
  const headers = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (method !== "GET" && session) headers[TOKEN] = session.csrf;
  let reply;
  try {
    reply = await fetch(API + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store" });
  } catch {
    throw new Refused(0, LOST);
  }
  const given = await reply.json().catch(() => null);
  if (reply.ok && given !== null) return given;
  throw new Refused(reply.ok ? 502 : reply.status, given?.error ?? BROKEN, given ?? {});
}

/* Of two tabs, one that logs in again leaves the other with the token of the login before. */
async function tokenIsOld() {
  const now = await asked("GET", "session");
  if (now.csrf === session.csrf) return false;
  take(now);
  return true;
}

function take(now) {
  const other = session && now.name !== session.name;
  session = now;
  if (other) {
    quietly(() => location.reload()); // what the one before wrote is kept under their name
    throw new Refused(409, `this browser is now logged in as ${now.name}; the page is loaded again`);
  }
}

/* Logging in and out */

function atTheDoor(trouble) {
  return new Promise((done) => {
    const main = at("main");
    at("top").replaceChildren(brand());
    const door = element("section", { id: "door", "aria-labelledby": "door-title" }, element("h1", { id: "door-title", text: document.title }));
    const form = loginForm(trouble, (now) => {
      session = now;
      door.remove();
      done();
    });
    door.append(form);
    main.before(door);
    form.elements.name.focus();
  });
}

function logInAgain(message) {
  entering ??= new Promise((done, failed) => {
    const before = document.activeElement;
    const dialog = element("dialog", { class: "login-over", "aria-labelledby": "again" }, element("h2", { id: "again", text: "Log in again" }));
    let now = null;
    const form = loginForm("", (given) => {
      now = given;
      dialog.close();
    });
    form.prepend(element("p", { class: "notice", text: sentence(message) }));
    form.elements.name.value = session?.name ?? "";
    form.querySelector(".buttons").append(element("button", { text: "Not now", onclick: () => dialog.close() }));
    dialog.append(form);
    dialog.addEventListener("close", () => {
      entering = null;
      dialog.remove();
      before?.focus();
      try {
        if (!now) throw new Refused(401, message);
        take(now);
        done();
      } catch (error) {
        failed(error);
      }
    });
    document.body.append(dialog);
    dialog.showModal();
    form.elements[session ? "password" : "name"].focus();
  });
  return entering;
}

function loginForm(trouble, entered) {
  const place = element("div");
  const button = element("button", { class: "main", type: "submit", text: "Log in" });
  const form = element(
    "form",
    { class: "login" },
    place,
    field("Name", element("input", { name: "name", autocomplete: "username", autocapitalize: "none", spellcheck: "false", required: true })),
    field("Password", element("input", { name: "password", type: "password", autocomplete: "current-password", required: true })),
    element("div", { class: "buttons" }, button),
  );
  problem(place, trouble);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    once(button, async () => {
      try {
        const { name, password } = form.elements;
        entered(await asked("POST", "login", { name: name.value, password: password.value }));
      } catch (error) {
        problem(place, error.message);
        form.elements.password.value = "";
        form.elements.password.focus();
      }
    });
  });
  return form;
}

async function logOut(button) {
  const lost = "What you have not saved will be lost, in this tab and in others.";
  if (anythingUnsaved() && !(await confirmed("Log out?", lost, "Log out", "Stay"))) return;
  await once(button, async () => {
    try {
      await asked("POST", "logout");
    } catch (error) {
      if (error.status !== 401) return announce(error.message);
    }
    forgetAll();
    quietly(() => location.replace(location.pathname));
  });
}

addEventListener("pageshow", (event) => event.persisted && quietly(() => location.reload())); // "back" shows nothing of a login that has ended

/** Ask in a dialog; whether the answer was yes. */
export function confirmed(title, text, yes, no = "Cancel") {
  return new Promise((done) => {
    const before = document.activeElement;
    const dialog = element("dialog", { "aria-labelledby": "confirm-title" }, element("h2", { id: "confirm-title", text: title }), element("p", { text }));
    const finish = (said) => () => dialog.close(said);
    dialog.append(
      element("div", { class: "buttons" }, element("button", { class: "main", text: yes, onclick: finish("yes") }), element("button", { text: no, onclick: finish("") })),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      before?.focus();
      done(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/* The header */

function header(here) {
  const links = Object.entries(PAGES).map(([page, [address, text]]) => element("a", { href: address, text, "aria-current": page === here && "page", onclick: () => quietly(() => {}) }));
  const out = element("button", { class: "link", text: "Log out", onclick: () => logOut(out) });
  at("top").replaceChildren(
    brand(),
    element("nav", { "aria-label": "Pages" }, ...links),
    element("div", { id: "who" }, element("span", { text: `${session.name}, ${session.role}` }), out),
  );
}

const brand = () => element("span", { class: "brand", text: "Northbound" });

let fields = 0;

/** A control with its label, and a hint where there is one. */
export function field(label, control, hint = "") {
  control.id ||= `field-${++fields}`;
  const told = hint && element("span", { class: "hint", id: `${control.id}-hint`, text: hint });
  if (told) control.setAttribute("aria-describedby", told.id);
  return element("div", { class: "field" }, element("label", { for: control.id, text: label }), told, control);
}

const at = (id) => document.getElementById(id);
