// For the page of another site: <script src="https://…/embed.js" async></script> puts the question box where the script stands.
// data-lang="fr" chooses its language, data-title what a screen reader calls it.
"use strict";
(() => {
  const script = document.currentScript;
  const home = new URL(script.src).origin;
  const frame = document.createElement("iframe");
  const language = script.dataset.lang === "fr" ? "fr" : "en";
  frame.src = `${home}/embed?lang=${language}`;
  frame.title = script.dataset.title || (language === "fr" ? "Poser une question à Northbound" : "Ask Northbound a question");
  frame.referrerPolicy = "no-referrer";
  frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox");
  frame.style.cssText = "width:100%;max-width:44rem;height:14rem;border:1px solid #767676;border-radius:4px";
  script.after(frame);
  addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || event.origin !== home) return;
    const height = Number(event.data && event.data.northboundHeight);
    if (height > 0) frame.style.height = `${Math.min(height + 8, 4000)}px`;
  });
})();
