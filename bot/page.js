/* The page's small part in the browser: buttons that ask, marks that open their source, the conversation kept for this tab.
   Everything is delegated from the document, because Gradio replaces what is inside. */
(() => {
  "use strict";
  const KEPT = "northbound-conversation";
  const wide = matchMedia("(min-width: 1000px)");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const touch = matchMedia("(pointer: coarse)");
  const find = (selector, within = document) => within.querySelector(selector);
  const behaviour = () => (still.matches ? "auto" : "smooth");
  let opener = null; // the mark that opened a source: focus goes back to it
  let announced = ""; // the answer announced last

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
    dialog.setAttribute("aria-label", "Sources");
    const close = document.createElement("button");
    close.type = "button";
    close.className = "close";
    close.textContent = "Close";
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
    const copies = cards.map((card) => {
      const copy = card.cloneNode(true);
      copy.removeAttribute("id");
      copy.removeAttribute("aria-labelledby");
      for (const inner of copy.querySelectorAll("[id]")) inner.removeAttribute("id");
      return copy;
    });
    find(".inside", dialog).replaceChildren(...copies);
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

  const copy = async (button) => {
    const text = button.dataset.copy;
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
    button.textContent = "Copied";
    announce("Copied.");
    setTimeout(() => (button.textContent = "Copy"), 2000);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.matches(".ask")) ask(button.textContent);
    else if (button.matches(".mark")) openSource(button);
    else if (button.matches(".open-sources")) openGroup(button);
    else if (button.matches("[data-copy]")) copy(button);
    else if (button.matches("[data-print]")) print();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !opener?.isConnected || !find("#sources .card.current")) return;
    for (const part of document.querySelectorAll("#sources .current")) part.classList.remove("current");
    opener.focus();
  });

  /* The conversation: bring a new question into view, announce its answer once, keep it for this tab. */
  const announce = (text) => {
    const region = find("#announce");
    if (region) region.textContent = text;
  };

  const keep = () => {
    const kept = find("#kept textarea, #kept input");
    if (!kept) return;
    if (kept.value) {
      try {
        sessionStorage.setItem(KEPT, kept.value);
      } catch {
        /* storage is full or forbidden: the conversation lasts until the page is left */
      }
    } else sessionStorage.removeItem(KEPT);
  };

  const spokenAnswer = (exchange) => {
    const said = find(".answer", exchange).cloneNode(true);
    for (const part of said.querySelectorAll(".mark, .tools, .follow-ups, svg")) part.remove();
    return [...said.querySelectorAll("p, li:not(:has(p))")].map((part) => part.textContent.trim()).join(" ");
  };

  let seen = 0;
  const changed = () => {
    const exchanges = document.querySelectorAll("#conversation .exchange");
    const last = exchanges[exchanges.length - 1];
    document.body.classList.toggle("talking", exchanges.length > 0);
    if (exchanges.length > seen && last.dataset.state === "working") {
      if (touch.matches) document.activeElement?.blur(); // the keyboard would cover the answer
      last.scrollIntoView({ block: "start", behavior: behaviour() });
    }
    const ready = last?.dataset.state === "done" ? `${exchanges.length} ${find(".question", last).textContent}` : "";
    if (ready && ready !== announced && seen > 0) announce(spokenAnswer(last));
    if (ready) announced = ready;
    seen = exchanges.length;
    setTimeout(keep, 50); // the hidden field is written just after
  };

  const start = () => {
    const conversation = find("#conversation");
    const kept = find("#kept textarea, #kept input");
    if (!conversation || !kept || !find("#restore")) return false;
    new MutationObserver(changed).observe(conversation, { childList: true, subtree: true });
    const before = sessionStorage.getItem(KEPT);
    if (before) {
      type(kept, before);
      setTimeout(() => find("#restore").click(), 0);
    }
    document.body.classList.add("ready");
    return true;
  };

  const waiting = new MutationObserver(() => start() && waiting.disconnect());
  if (!start()) waiting.observe(document.documentElement, { childList: true, subtree: true });
})();
