// The box that another site embeds. Every text is set as text, never as markup; links are taken only where they are web addresses.
"use strict";
const WORDS = {
  en: { working: "Looking in the sources…", source: "Source", asOf: "as of", failed: "It could not be sent. Your question is still in the box: try again." },
  fr: {
    what: "Réponses tirées de sources nommées sur le passage d’un H-1B américain au Canada. De l’information, pas un avis juridique.",
    label: "Votre question", send: "Demander", working: "Recherche dans les sources…", source: "Source", asOf: "au",
    failed: "L’envoi a échoué. Votre question est encore dans la case : réessayez.",
  },
};
const language = new URLSearchParams(location.search).get("lang") === "fr" ? "fr" : "en";
const words = WORDS[language];
const history = [];
const at = (id) => document.getElementById(id);

document.documentElement.lang = language;
for (const id of ["what", "label", "send"]) if (words[id]) at(id).textContent = words[id];

at("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const question = at("question").value.trim();
  if (!question || at("send").disabled) return;
  at("send").disabled = true;
  at("state").textContent = words.working;
  try {
    const reply = await fetch("/api/v1/ask", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ question, history: history.slice(-20) }),
    });
    const answer = await reply.json();
    if (!reply.ok) {
      at("state").textContent = answer.error;
      return;
    }
    history.push({ role: "user", content: answer.question }, { role: "assistant", content: answer.answer });
    at("answers").append(shown(answer));
    at("question").value = "";
    at("state").textContent = "";
  } catch {
    at("state").textContent = words.failed;
  } finally {
    at("send").disabled = false;
    tell();
  }
});

function shown(answer) {
  const article = element("article");
  article.append(element("h2", answer.question));
  for (const paragraph of answer.answer.split("\n")) if (paragraph.trim()) article.append(element("p", paragraph));
  for (const caveat of answer.caveats) article.append(element("p", caveat, "caveat"));
  if (answer.citations.length) {
    const list = element("ol");
    for (const citation of answer.citations) {
      const item = element("li");
      item.value = citation.number;
      const standing = citation.standing ? `, ${citation.standing}` : "";
      const dated = citation.as_of ? `, ${words.asOf} ${citation.as_of}` : "";
      item.append(`${citation.publisher}${standing}${dated}: `);
      if (/^https?:\/\//.test(citation.url)) {
        const link = element("a", citation.title);
        link.href = citation.url;
        link.target = "_blank";
        link.rel = "noopener noreferrer";
        item.append(link);
      } else {
        item.append(citation.title);
      }
      list.append(item);
    }
    article.append(list);
  }
  return article;
}

function element(name, text = "", kind = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = kind;
  return made;
}

function tell() {
  parent.postMessage({ northboundHeight: document.documentElement.scrollHeight }, "*"); // a height is no secret
}
new ResizeObserver(tell).observe(document.body);
