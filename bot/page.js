/* The page's part in the browser: one question at a time is asked, and its answer put into the conversation as it comes; marks open their
   source; the conversation and what is being typed are kept for this tab, the language for this browser; a sentence says when something
   went wrong, and nothing typed is lost by it. Events are delegated from the document, because Gradio replaces what is inside. */
(() => {
  "use strict";
  const KEPT = "northbound-conversation"; // of this tab, as are the next two
  const DRAFT = "northbound-draft";
  const ASKED = "northbound-asked";
  const LANGUAGE = "northbound-language"; // of this browser: the only thing that outlives the tab
  const MOST_KEPT = 20; // answers
  const WAITING_SECONDS = 1.5; // until waiting is told and can be stopped
  const SLOW_SECONDS = 30;
  const NOTING_SECONDS = 1;
  const REDRAW_SECONDS = 8; // the page is used as it is when it cannot be drawn anew
  const TELL_AGAIN_SECONDS = 2;
  const wide = matchMedia("(min-width: 1000px)");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const touch = matchMedia("(pointer: coarse)");
  const find = (selector, within = document) => within.querySelector(selector);
  const behaviour = () => (still.matches ? "auto" : "smooth");
  let opener = null; // the mark that opened a source: focus goes back to it

  /* Storage may be full or forbidden: the page then works without it until it is left. */
  const stored = (storage, name) => {
    try {
      return window[storage].getItem(name) ?? "";
    } catch {
      return "";
    }
  };

  const store = (storage, name, text) => {
    try {
      if (text) window[storage].setItem(name, text);
      else window[storage].removeItem(name);
    } catch {
      /* see above */
    }
  };

  const words = () => JSON.parse(find(".top")?.dataset.words ?? "{}");
  const box = () => find("#box textarea");
  const hidden = (name) => find(`#${name} textarea, #${name} input`); // a field that the server reads

  const element = (name, text = "", kind = "") => {
    const made = document.createElement(name);
    if (name === "button") made.type = "button";
    if (kind) made.className = kind;
    made.textContent = text;
    return made;
  };

  const type = (field, text) => {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };

  /* Sources: beside the answer where there is room, in a sheet from below where there is not. */
  const showGroup = (place) => {
    for (const group of document.querySelectorAll("#sources .group")) group.hidden = group.dataset.place !== place;
  };

  const setCurrent = (card, quote) => {
    for (const other of document.querySelectorAll("#sources .current")) other.classList.remove("current");
    card.classList.add("current");
    quote?.classList.add("current");
  };

  const openBeside = (card) => {
    showGroup(card.closest(".group").dataset.place);
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest", behavior: behaviour() });
  };

  const sheet = () => {
    let dialog = find("#sheet");
    if (dialog) return dialog;
    dialog = document.createElement("dialog");
    dialog.id = "sheet";
    const close = document.createElement("button");
    close.type = "button";
    close.className = "close";
    const inside = document.createElement("div");
    inside.className = "inside";
    inside.tabIndex = 0;
    dialog.append(close, inside);
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog || event.target === close) dialog.close();
    });
    dialog.addEventListener("close", () => opener?.isConnected && opener.focus());
    document.body.append(dialog);
    return dialog;
  };

  const openSheet = (cards) => {
    const dialog = sheet();
    find(".close", dialog).textContent = words().close;
    const copies = cards.map((card) => {
      const copy = card.cloneNode(true);
      copy.removeAttribute("id");
      copy.removeAttribute("aria-labelledby");
      for (const inner of copy.querySelectorAll("[id]")) inner.removeAttribute("id");
      return copy;
    });
    find(".inside", dialog).replaceChildren(...copies);
    dialog.setAttribute("aria-label", find("#sources .panel-title").textContent);
    if (!dialog.open) dialog.showModal();
    find(".inside", dialog).scrollTop = 0;
    find(".close", dialog).focus();
  };

  const openSource = (mark) => {
    const quote = document.getElementById(mark.dataset.source);
    const card = quote?.closest(".card");
    if (!card) return;
    opener = mark;
    setCurrent(card, quote);
    if (wide.matches) openBeside(card);
    else openSheet([card]);
  };

  const openGroup = (button) => {
    const group = find(`#sources .group[data-place="${button.dataset.group}"]`);
    if (!group) return;
    opener = button;
    const cards = [...group.querySelectorAll(".card")];
    setCurrent(cards[0]);
    if (wide.matches) openBeside(cards[0]);
    else openSheet(cards);
  };

  /* What can be done with an answer. */
  const copy = async (button, text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const field = document.createElement("textarea"); // a page that is not served from https or loopback has no clipboard
      field.value = text;
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
      button.focus();
    }
    if (button.dataset.label) return; // it says so already
    button.dataset.label = button.textContent;
    button.textContent = words().copied;
    announce(words().copied);
    setTimeout(() => {
      button.textContent = button.dataset.label;
      delete button.dataset.label;
    }, 2000);
  };

  const save = (text) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/markdown" }));
    link.download = "northbound.md";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };

  // After "#": a browser keeps that to itself, so the question goes nowhere until it is sent.
  const linkTo = (question) => `${location.origin}${location.pathname}#ask=${encodeURIComponent(question)}`;

  const thumbs = new Map(); // answer id -> the thumb that was noted: an answer is drawn anew with each question
  const pressThumbs = () => {
    for (const group of document.querySelectorAll("#conversation .thumbs"))
      for (const thumb of group.querySelectorAll("[data-thumb]")) {
        const pressed = thumbs.get(group.dataset.answer) === thumb.dataset.thumb;
        thumb.setAttribute("aria-pressed", String(pressed));
        if (pressed && thumb.dataset.pressed) thumb.textContent = thumb.dataset.pressed;
      }
  };

  /* Twice: the row that it belongs to may be written just now. */
  const note = async (answer, thumb, reason = "", again = true) => {
    const body = JSON.stringify({ answer_id: answer, thumb, reason });
    const reply = await fetch("/api/v1/feedback", { method: "POST", headers: { "content-type": "application/json" }, body }).catch(() => null);
    if (reply?.ok || !again) return reply?.ok ?? false;
    await new Promise((resolve) => setTimeout(resolve, NOTING_SECONDS * 1000));
    return note(answer, thumb, reason, false);
  };

  const judge = async (button) => {
    const { answer } = button.closest(".thumbs").dataset;
    const { thumb } = button.dataset;
    if (!(await note(answer, thumb))) return trouble(words().thumb_failed);
    thumbs.set(answer, thumb);
    pressThumbs();
    askWhy(answer, thumb, button);
  };

  const askWhy = (answer, thumb, button) => {
    const said = words();
    const dialog = document.createElement("dialog");
    dialog.id = "why";
    dialog.setAttribute("aria-labelledby", "why-title");
    const title = element("h2", said.thanks);
    title.id = "why-title";
    const label = element("label", thumb === "up" ? said.why_up : said.why_down);
    const reason = document.createElement("textarea");
    reason.rows = 3;
    reason.maxLength = 1000;
    reason.id = "why-reason";
    label.htmlFor = reason.id;
    const state = element("p", said.why_note, "quiet");
    state.setAttribute("role", "status");
    const send = element("button", said.why_send, "send");
    const close = element("button", said.close, "close");
    const buttons = element("div", "", "why-buttons");
    buttons.append(send, close);
    dialog.append(title, label, reason, state, buttons);
    send.addEventListener("click", async () => {
      if (!reason.value.trim()) return dialog.close();
      send.disabled = true;
      const noted = await note(answer, thumb, reason.value);
      send.disabled = false;
      state.textContent = noted ? said.why_sent : said.why_failed;
      if (noted) {
        reason.readOnly = true;
        send.remove();
        close.focus();
      }
    });
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      const { answer: id } = button.closest(".thumbs")?.dataset ?? {};
      (button.isConnected ? button : find(`.thumbs[data-answer="${id}"] [data-thumb="${thumb}"]`))?.focus();
    });
    document.body.append(dialog);
    dialog.showModal();
    reason.focus();
  };

  /* The language of the page. The server draws it anew, with the conversation; what is typed stays. */
  let switching = ""; // the language that was chosen, until the page is in it
  let drawing = 0; // the timer of a page that is being drawn anew
  let wanted = ""; // the language that it is drawn anew in
  let telling = 0; // the timer that tells the server again
  let given = 0; // how many answers it is drawn with

  const redraw = (language) => {
    clearTimeout(drawing);
    drawing = setTimeout(drawn, REDRAW_SECONDS * 1000); // the server may be out of reach
    given = kept.length;
    wanted = language;
    const told = kept.length ? JSON.stringify(kept) : "";
    const tell = () => {
      type(hidden("kept"), told);
      type(hidden("language"), language);
      setTimeout(() => find("#restore").click(), 0);
    };
    tell();
    // On a busy machine a click, or what the fields before it say, can come before anything listens. While one is on its way, another
    // is not counted.
    clearInterval(telling);
    telling = setInterval(() => (drawing ? tell() : clearInterval(telling)), TELL_AGAIN_SECONDS * 1000);
  };

  const speak = (language) => {
    if (asked || drawing) return later.push(() => speak(language));
    store("localStorage", LANGUAGE, language);
    switching = language;
    redraw(language);
  };

  const spoken = () => {
    const said = words();
    if (!said.language) return;
    document.documentElement.lang = said.language;
    document.title = said.title;
    if (drawing && said.language === wanted && Number(list().dataset.held) === kept.length) drawn();
    if (switching !== said.language) return;
    switching = "";
    find("[data-language]").focus(); // the button that had the focus was drawn anew
  };

  /* The conversation. What the server sends of an answer stands inert in #live; the exchanges themselves are ours. */
  let kept = []; // the answers, as the server sent them
  let next = 0; // the place of the next question: never again that of one whose answer may still come
  let asked = null; // the question that is on its way: { question, place, said }
  let later = []; // what waits for its answer
  let heardLast = "";
  let aside = ""; // what stood in the box when a button asked something else
  const timers = new Set();

  const after = (seconds, act) => timers.add(setTimeout(act, seconds * 1000));
  const list = () => find("#conversation .conversation");
  const at = (place) => find(`.exchange[data-place="${place}"]`, list());

  const announce = (text, language = document.documentElement.lang) => {
    const region = find("#announce");
    if (!region) return;
    region.lang = language;
    region.textContent = text;
  };

  const changed = () => {
    document.body.classList.toggle("talking", find(".exchange", list()) !== null);
    pressThumbs();
  };

  /* What the next question is sent with: its place, and what was said before it. */
  const remember = () => {
    store("sessionStorage", KEPT, kept.length ? JSON.stringify(kept) : "");
    const places = [...list().querySelectorAll(".exchange")].map((exchange) => Number(exchange.dataset.place));
    next = Math.max(next, ...places.map((place) => place + 1));
    const turns = kept.flatMap(({ question, answer }) => [
      { role: "user", content: question },
      { role: "assistant", content: answer },
    ]);
    type(hidden("before"), JSON.stringify({ place: next, turns }));
  };

  const ask = (question) => {
    const typed = box().value;
    if (typed.trim() && ![question, asked?.question].includes(typed)) aside = typed;
    type(box(), question);
    setTimeout(send, 0);
  };

  const send = () => find("#send").click();

  /* Before Gradio sends what stands in the box. */
  const sending = (event) => {
    if (asked || drawing) {
      event.preventDefault();
      event.stopImmediatePropagation();
      if (!box().value.trim() || box().value === asked?.question || later.includes(send)) return; // pressed twice
      later.push(send);
      if (asked) trouble(words().waits, "status");
      return;
    }
    const question = box().value;
    asked = { question, place: next, said: false };
    trouble("");
    announce("");
    after(SLOW_SECONDS, () => trouble(words().slow, "status"));
    if (!question.trim() || question.length > words().longest) return; // the server says why not
    store("sessionStorage", ASKED, question);
    after(0, showWorking); // once Gradio has sent it: on a phone the box then loses the focus
    after(WAITING_SECONDS, () => {
      document.body.classList.add("waiting");
      const line = find(".quiet span", at(asked.place) ?? document.body)?.textContent;
      if (line) announce(line);
    });
  };

  /* The question with one quiet line, until the server sends more. */
  const showWorking = () => {
    const exchange = find(".exchange", find("template.working").content).cloneNode(true);
    exchange.dataset.place = asked.place;
    find(".asked", exchange).textContent = asked.question;
    show(exchange);
  };

  /* The question is not on its way any more. */
  const settle = () => {
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    document.body.classList.remove("waiting");
    asked = null;
    remember();
  };

  const continueLater = () => {
    const waiting = later;
    later = [];
    for (const act of waiting) setTimeout(act, 0);
  };

  const heard = () => {
    const now = find("#live .live");
    if (!now || now.dataset.sent === heardLast) return; // Gradio touched it, and it is what it was
    heardLast = now.dataset.sent;
    if (!asked || Number(now.dataset.place) !== asked.place) return;
    if (now.dataset.problem) return refuse(now.dataset.problem);
    const [shown, cards, answer] = [...now.querySelectorAll("template")].map((template) => template.content.cloneNode(true));
    show(find(".exchange", shown));
    if (find(".group", cards)) showSources(find(".group", cards));
    if (answer.textContent) complete(JSON.parse(answer.textContent));
  };

  const show = (exchange) => {
    const before = at(asked.place);
    const focused = before?.contains(document.activeElement);
    if (before) before.replaceWith(exchange);
    else list().append(exchange);
    if (focused) box().focus();
    changed();
    if (!before) {
      if (touch.matches) document.activeElement?.blur(); // the keyboard would cover the answer
      exchange.scrollIntoView({ block: "start", behavior: behaviour() });
    }
    if (asked.said || !find(".said", exchange)) return;
    asked.said = true;
    if (box().value !== asked.question) return; // it was typed since
    type(box(), aside);
    aside = "";
  };

  const showSources = (group) => {
    const panel = find("#sources .panel");
    find(`.group[data-place="${group.dataset.place}"]`, panel)?.remove();
    panel.append(group);
    showGroup(group.dataset.place);
    panel.scrollTop = 0;
  };

  const complete = (answer) => {
    kept = [...kept, answer].slice(-MOST_KEPT);
    const exchange = at(asked.place);
    settle();
    store("sessionStorage", ASKED, "");
    if (find("#trouble")?.dataset.until !== "sent") trouble("");
    announce(spokenAnswer(exchange), find(".answer", exchange).lang);
    continueLater();
  };

  /* There is no answer, or not all of it. The question goes back into the box; where somebody has typed another since, or sentences of the
     answer have come, the exchange stays with a button that asks again. */
  const breakOff = (line) => {
    const { place, question, said } = asked;
    const exchange = at(place);
    if (!box().value) type(box(), question);
    if (exchange && !said && box().value === question) exchange.remove();
    else if (exchange) {
      exchange.dataset.state = "broken";
      find(".quiet", exchange)?.remove();
      const told = element("p", `${line} `, "quiet");
      const again = element("button", words().again, "tool");
      again.dataset.again = question;
      told.append(again);
      find(".answer", exchange).append(told);
    }
    later = [];
    changed();
    settle();
  };

  const refuse = (sentence) => {
    breakOff(words().no_answer);
    store("sessionStorage", ASKED, "");
    trouble(sentence);
  };

  const lost = (why) => {
    if (drawing) {
      drawn();
      trouble(words().not_drawn);
    }
    if (!asked) return;
    next += 1;
    breakOff(asked.said ? words().broke_off : words().no_answer);
    trouble(words()[why]);
  };

  const stop = () => {
    if (!asked) return;
    find("#stop").click();
    next += 1;
    breakOff(words().stopped);
    store("sessionStorage", ASKED, "");
    trouble("");
    announce(words().stopped);
    box().focus();
  };

  const askAgain = (button) => {
    button.closest(".exchange").remove();
    changed();
    remember();
    ask(button.dataset.again);
  };

  const forget = () => {
    if (asked) stop();
    else next = 0;
    kept = [];
    list().replaceChildren();
    for (const group of document.querySelectorAll("#sources .group")) group.remove();
    type(box(), "");
    store("sessionStorage", ASKED, "");
    trouble("");
    changed();
    remember();
    if (!touch.matches) box().focus();
    scrollTo({ top: 0, behavior: behaviour() });
  };

  const spokenAnswer = (exchange) => {
    const said = find(".answer", exchange).cloneNode(true);
    for (const part of said.querySelectorAll(".mark, svg")) part.remove();
    return [...said.querySelectorAll("p, li:not(:has(p))")].map((part) => part.textContent.trim()).join(" ");
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.matches("[data-language]")) speak(button.dataset.language);
    else if (button.matches(".ask")) ask(button.textContent);
    else if (button.matches(".mark")) openSource(button);
    else if (button.matches(".open-sources")) openGroup(button);
    else if (button.matches("[data-copy]")) copy(button, button.dataset.copy);
    else if (button.matches("[data-link]")) copy(button, linkTo(button.dataset.link));
    else if (button.matches("[data-save]")) save(button.dataset.save);
    else if (button.matches("[data-thumb]")) judge(button);
    else if (button.matches("[data-print]")) print();
    else if (button.matches("[data-stop]")) stop();
    else if (button.matches("[data-again]")) askAgain(button);
    else if (button.matches("#fresh")) forget();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !opener?.isConnected || !find("#sources .card.current")) return;
    for (const part of document.querySelectorAll("#sources .current")) part.classList.remove("current");
    opener.focus();
  });

  /* Trouble: a sentence above the box. `until` "sent": it stays when an answer comes. */
  const trouble = (sentence, role = "alert", until = "") => {
    find("#trouble")?.remove();
    if (!sentence) return;
    const said = element("div", "", role === "alert" ? "problem" : "notice");
    said.id = "trouble";
    said.dataset.until = until;
    said.setAttribute("role", role);
    find("#composer").prepend(said);
    said.append(element("p", sentence)); // after it is in the page, so that it is announced
  };

  const reach = window.fetch.bind(window);
  const whyRefused = (status) => (status === 429 ? "busy" : status === 413 ? "too_large" : status >= 500 ? "broken" : "lost");

  /* Gradio asks with fetch: what fails there is told in our words, and the stream of answers is read beside Gradio to see it break off. */
  window.fetch = async (...request) => {
    const address = String(request[0]?.url ?? request[0]);
    const joins = address.includes("/gradio_api/queue/join");
    if (!joins && !address.includes("/gradio_api/queue/data")) return reach(...request);
    try {
      const reply = await reach(...request);
      if (!reply.ok) lost(whyRefused(reply.status));
      else if (!joins) {
        const beside = reply.clone().body.pipeTo(new WritableStream());
        beside.catch((error) => error.name !== "AbortError" && lost("lost")); // Gradio itself aborts it after the last answer
      }
      return reply;
    } catch (error) {
      lost("lost");
      throw error;
    }
  };

  addEventListener("offline", () => lost("lost"));

  document.addEventListener("click", (event) => event.target.closest("#send") && sending(event), true);
  document.addEventListener(
    "keydown",
    (event) => event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target.matches("#box textarea") && sending(event),
    true,
  );
  document.addEventListener("input", (event) => {
    if (!event.target.matches("#box textarea")) return;
    store("sessionStorage", DRAFT, event.target.value);
  });

  /* A page that was left: what was typed, and what was asked and not answered. A link: what it asks. */
  const putBack = () => {
    const [draft, unanswered] = [DRAFT, ASKED].map((name) => stored("sessionStorage", name));
    store("sessionStorage", ASKED, "");
    if (!box().value && (draft || unanswered)) type(box(), draft || unanswered);
    if (unanswered) trouble(words().reloaded);
  };

  const follow = () => {
    const linked = /^#ask=(.+)/.exec(location.hash);
    if (!linked) return;
    history.replaceState(null, "", location.pathname);
    try {
      ask(decodeURIComponent(linked[1]));
    } catch {
      return; // not one of our links
    }
    setTimeout(() => trouble(words().from_link, "status", "sent"), 0);
  };
  addEventListener("hashchange", follow);

  /* The server has drawn the conversation. What it could not read is dropped; what was answered since is drawn with the next. */
  const redrawn = () => {
    const held = Number(list().dataset.held);
    kept = kept.slice(given - held);
    given = held;
    if (kept.length !== held) redraw(wanted || words().language);
    else if (!drawing || words().language === wanted) drawn(); // else it is told again
  };

  /* The page can be used. */
  const drawn = () => {
    clearTimeout(drawing);
    drawing = 0;
    changed();
    remember();
    if (document.body.classList.contains("ready")) return continueLater();
    document.body.classList.add("ready");
    putBack();
    follow();
  };

  const storedAnswers = () => {
    try {
      const answers = JSON.parse(stored("sessionStorage", KEPT) || "[]");
      return answers.filter(({ question, answer }) => typeof question === "string" && typeof answer === "string");
    } catch {
      return [];
    }
  };

  const start = () => {
    const parts = ["#conversation .conversation", "#live", "#restore", "#stop", ".top", "#sources .panel", "#box textarea"];
    if (!parts.every((part) => find(part)) || !["before", "kept", "language"].every(hidden)) return false;
    const all = { childList: true, subtree: true };
    let seen = list().dataset.drawn;
    new MutationObserver(() => list() && list().dataset.drawn !== seen && ((seen = list().dataset.drawn), redrawn())).observe(
      find("#conversation"),
      all,
    );
    new MutationObserver(heard).observe(find("#live"), all);
    new MutationObserver(spoken).observe(find("#top"), { ...all, attributes: true });
    kept = storedAnswers();
    const language = stored("localStorage", LANGUAGE) || (navigator.language?.toLowerCase().startsWith("fr") ? "fr" : "en");
    spoken();
    if (kept.length || language !== words().language) redraw(language);
    else drawn();
    return true;
  };

  const waiting = new MutationObserver(() => start() && waiting.disconnect());
  if (!start()) waiting.observe(document.documentElement, { childList: true, subtree: true });
})();
