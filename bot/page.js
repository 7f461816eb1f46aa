/* The page's small part in the browser: buttons that ask, marks that open their source, the conversation and what is being typed kept for
   this tab, the language for this browser, and a sentence when the server cannot be reached.
   Everything is delegated from the document, because Gradio replaces what is inside. */
(() => {
  "use strict";
  const KEPT = "northbound-conversation"; // of this tab, as are the next two
  const DRAFT = "northbound-draft";
  const ASKED = "northbound-asked";
  const LANGUAGE = "northbound-language"; // of this browser: the only thing that outlives the tab
  const SLOW_SECONDS = 30;
  const wide = matchMedia("(min-width: 1000px)");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const touch = matchMedia("(pointer: coarse)");
  const find = (selector, within = document) => within.querySelector(selector);
  const behaviour = () => (still.matches ? "auto" : "smooth");
  let opener = null; // the mark that opened a source: focus goes back to it
  let announced = ""; // the answer announced last

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

  const ask = (question) => {
    type(find("#box textarea"), question);
    setTimeout(() => find("#send").click(), 0);
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
      for (const thumb of group.querySelectorAll("[data-thumb]"))
        thumb.setAttribute("aria-pressed", String(thumbs.get(group.dataset.answer) === thumb.dataset.thumb));
  };

  const note = async (answer, thumb, reason = "") => {
    try {
      const body = JSON.stringify({ answer_id: answer, thumb, reason });
      return (await fetch("/api/v1/feedback", { method: "POST", headers: { "content-type": "application/json" }, body })).ok;
    } catch {
      return false;
    }
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

  /* The language of the page. The server draws it anew; what is typed stays. */
  let switching = ""; // the language that was chosen, until the page is in it
  const speak = (language, chosen) => {
    if (chosen) store("localStorage", LANGUAGE, language);
    switching = chosen ? language : "";
    type(find("#language textarea, #language input"), language);
    setTimeout(() => find("#restore").click(), 0);
  };

  const spoken = () => {
    const said = words();
    if (!said.language) return;
    document.documentElement.lang = said.language;
    document.title = said.title;
    if (said.language !== "en") document.body.classList.remove("waiting");
    if (switching !== said.language) return;
    switching = "";
    find("[data-language]").focus(); // the button that had the focus was drawn anew
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.matches("[data-language]")) speak(button.dataset.language, true);
    else if (button.matches(".ask")) ask(button.textContent);
    else if (button.matches(".mark")) openSource(button);
    else if (button.matches(".open-sources")) openGroup(button);
    else if (button.matches("[data-copy]")) copy(button, button.dataset.copy);
    else if (button.matches("[data-link]")) copy(button, linkTo(button.dataset.link));
    else if (button.matches("[data-save]")) save(button.dataset.save);
    else if (button.matches("[data-thumb]")) judge(button);
    else if (button.matches("[data-print]")) print();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !opener?.isConnected || !find("#sources .card.current")) return;
    for (const part of document.querySelectorAll("#sources .current")) part.classList.remove("current");
    opener.focus();
  });

  /* The conversation: bring a new question into view, announce its answer once, keep it for this tab. */
  const announce = (text, language = document.documentElement.lang) => {
    const region = find("#announce");
    if (!region) return;
    region.lang = language;
    region.textContent = text;
  };

  const keep = () => {
    const kept = find("#kept textarea, #kept input");
    if (kept) store("sessionStorage", KEPT, kept.value);
  };

  /* Trouble: a sentence above the box, and the question back in it. */
  let waited = 0; // the timer of a question that is on its way

  const trouble = (sentence, role = "alert") => {
    find("#trouble")?.remove();
    if (!sentence) return;
    const said = element("div", "", role === "alert" ? "problem" : "notice");
    said.id = "trouble";
    said.setAttribute("role", role);
    find("#composer").prepend(said);
    said.append(element("p", sentence)); // after it is in the page, so that it is announced
  };

  const lastExchange = () => [...document.querySelectorAll("#conversation .exchange")].at(-1);

  const lost = (why) => {
    clearTimeout(waited);
    const last = lastExchange();
    if (last?.dataset.state === "working") {
      last.dataset.state = "broken";
      const line = find(".quiet", last);
      if (line) line.textContent = words().no_answer;
    }
    const asked = stored("sessionStorage", ASKED);
    if (asked && !box().value) type(box(), asked);
    trouble(words()[why]);
  };

  const isWaiting = () => stored("sessionStorage", ASKED) !== "";

  const reach = window.fetch.bind(window);
  const whyRefused = (status) => (status === 429 ? "busy" : status === 413 ? "too_large" : status >= 500 ? "broken" : "lost");

  /* Gradio asks with fetch: what fails there is told in our words, and the stream of answers is read beside Gradio to see it break off. */
  window.fetch = async (...request) => {
    const address = String(request[0]?.url ?? request[0]);
    const joins = address.includes("/gradio_api/queue/join");
    if (joins) {
      clearTimeout(waited);
      waited = setTimeout(() => isWaiting() && trouble(words().slow, "status"), SLOW_SECONDS * 1000);
    }
    if (!joins && !address.includes("/gradio_api/queue/data")) return reach(...request);
    try {
      const reply = await reach(...request);
      if (!reply.ok) lost(whyRefused(reply.status));
      else if (!joins) {
        const beside = reply.clone().body.pipeTo(new WritableStream());
        beside.catch(() => isWaiting() && lost("lost"));
      }
      return reply;
    } catch (error) {
      if (joins || isWaiting()) lost("lost");
      throw error;
    }
  };

  addEventListener("offline", () => isWaiting() && lost("lost"));

  const sent = () => {
    store("sessionStorage", ASKED, box()?.value.trim() ? box().value : "");
    trouble("");
  };

  document.addEventListener("click", (event) => event.target.closest("#send") && sent(), true);
  document.addEventListener(
    "keydown",
    (event) => event.key === "Enter" && !event.shiftKey && event.target.matches("#box textarea") && sent(),
    true,
  );
  document.addEventListener("input", (event) => {
    if (!event.target.matches("#box textarea")) return;
    store("sessionStorage", DRAFT, event.target.value);
  });

  /* What was typed before the page was left, or what a link asks. */
  const putBack = () => {
    if (!box() || box().value) return;
    const draft = stored("sessionStorage", DRAFT);
    const linked = /^#ask=(.+)/.exec(location.hash);
    if (draft) {
      type(box(), draft);
      if (isWaiting()) trouble(words().reloaded);
    } else if (linked) {
      history.replaceState(null, "", location.pathname);
      try {
        type(box(), decodeURIComponent(linked[1]));
      } catch {
        return; // not one of our links
      }
      trouble(words().from_link, "status");
      box().focus();
    }
    store("sessionStorage", ASKED, "");
  };
  addEventListener("hashchange", putBack);

  const spokenAnswer = (exchange) => {
    const said = find(".answer", exchange).cloneNode(true);
    for (const part of said.querySelectorAll(".mark, svg")) part.remove();
    return [...said.querySelectorAll("p, li:not(:has(p))")].map((part) => part.textContent.trim()).join(" ");
  };

  let seen = 0;
  const changed = () => {
    const exchanges = document.querySelectorAll("#conversation .exchange");
    const last = exchanges[exchanges.length - 1];
    pressThumbs();
    document.body.classList.toggle("talking", exchanges.length > 0);
    if (exchanges.length > seen && last.dataset.state === "working") {
      if (touch.matches) document.activeElement?.blur(); // the keyboard would cover the answer
      last.scrollIntoView({ block: "start", behavior: behaviour() });
    }
    const ready = last?.dataset.state === "done" ? `${exchanges.length} ${find(".question", last).textContent}` : "";
    if (!ready) announced = "";
    if (ready && ready !== announced && isWaiting()) {
      clearTimeout(waited);
      trouble("");
      const asked = stored("sessionStorage", ASKED);
      store("sessionStorage", ASKED, "");
      // The box is emptied about now; what is in it besides was typed since.
      setTimeout(() => store("sessionStorage", DRAFT, box().value === asked ? "" : box().value), 200);
    }
    if (ready && ready !== announced && seen > 0) announce(spokenAnswer(last), find(".answer", last).lang);
    if (ready) announced = ready;
    seen = exchanges.length;
    setTimeout(keep, 50); // the hidden field is written just after
  };

  const refused = () => find("#problem .problem") && (clearTimeout(waited), trouble(""), store("sessionStorage", ASKED, ""));

  const start = () => {
    const parts = ["#conversation", "#kept textarea, #kept input", "#language textarea, #language input", "#restore", ".top", "#problem", "#box textarea"];
    if (!parts.every((part) => find(part))) return false;
    const all = { childList: true, subtree: true };
    new MutationObserver(changed).observe(find("#conversation"), all);
    new MutationObserver(refused).observe(find("#problem"), all);
    new MutationObserver(spoken).observe(find("#top"), { ...all, attributes: true });
    const before = stored("sessionStorage", KEPT);
    const language = stored("localStorage", LANGUAGE) || (navigator.language?.toLowerCase().startsWith("fr") ? "fr" : "en");
    if (before) type(find("#kept textarea, #kept input"), before);
    if (language !== "en") {
      document.body.classList.add("waiting"); // rather than English for a moment
      setTimeout(() => document.body.classList.remove("waiting"), 2000);
    }
    if (before || language !== "en") speak(language, false);
    else spoken();
    const ready = () => {
      putBack();
      document.body.classList.add("ready");
    };
    if (language === "en") ready();
    else setTimeout(ready, 0);
    return true;
  };

  const waiting = new MutationObserver(() => start() && waiting.disconnect());
  if (!start()) waiting.observe(document.documentElement, { childList: true, subtree: true });
})();
