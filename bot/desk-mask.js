/* Personal numbers out of what is kept in the browser, by the shapes of bot/privacy.py (/staff/shapes.json): what is stored there is masked
   like what is stored on the server, before the server has seen it. */

let shapes = null; // [the name that takes its place, the shape, whether only its last part is the number], once they are loaded
let card = null;

/** Load the shapes. Until then `mask` gives nothing away: it throws. */
export async function loadShapes() {
  const given = await (await fetch("/staff/shapes.json")).json();
  card = new RegExp(given.card, "gu");
  shapes = given.shapes.map(({ name, pattern, ignores_case: ignores }) => [name, new RegExp(pattern, ignores ? "dgiu" : "dgu")]);
}

/** The text with each personal number replaced by its name in brackets. */
export function mask(text) {
  let masked = text.replace(card, (found) => (luhn(found) ? "[card number]" : found));
  for (const [name, shape] of shapes) {
    masked = [...masked.matchAll(shape)].reduceRight((rest, found) => {
      const [from, to] = found.indices[1] ? [found.indices[1][0], found.indices[0][1]] : found.indices[0]; // a label in front of it stays
      return `${rest.slice(0, from)}[${name}]${rest.slice(to)}`;
    }, masked);
  }
  return masked;
}

function luhn(digits) {
  const numbers = [...digits].filter((c) => /\p{Nd}/u.test(c)).map(Number).reverse();
  return numbers.some(Number.isNaN) || numbers.reduce((sum, n, i) => sum + (i % 2 === 0 ? n : n > 4 ? n * 2 - 9 : n * 2), 0) % 10 === 0;
}
