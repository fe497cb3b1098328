// A form whose places and sizes follow from ?seed=, and that begins again, laid out anew, when it is sent.
let state = Number(new URLSearchParams(location.search).get('seed') ?? 1) >>> 0;
const random = () => {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};
const names = ['name', 'email', 'street', 'city', 'phone', 'note'];
const sizes = ['small', 'medium', 'large', 'red', 'green', 'blue', 'gift', 'card'];
const form = document.querySelector('main');

function lay() {
  // A grid of 5 by 4 cells; each thing stands somewhere in a cell of its own.
  const cells = Array.from({ length: 20 }, (_, cell) => ({ cell, order: random() })).sort(
    (a, b) => a.order - b.order,
  );
  const place = (element) => {
    const { cell } = cells.pop();
    const isField = element.tagName === 'INPUT';
    const width = isField ? 170 + 50 * random() : 50 + 110 * random();
    const height = isField ? 34 : 24 + 26 * random();
    Object.assign(element.style, {
      left: `${(cell % 5) * 248 + random() * (240 - width)}px`,
      top: `${Math.floor(cell / 5) * 175 + random() * (160 - height)}px`,
      width: `${width}px`,
      height: `${height}px`,
    });
    form.append(element);
  };
  form.replaceChildren();
  for (const name of names)
    place(Object.assign(document.createElement('input'), { id: name, placeholder: name }));
  for (const size of sizes) {
    const button = Object.assign(document.createElement('button'), {
      id: size,
      type: 'button',
      textContent: size,
    });
    button.onclick = () => button.classList.toggle('chosen');
    place(button);
  }
  place(
    Object.assign(document.createElement('button'), {
      id: 'send',
      type: 'button',
      textContent: 'Send',
      onclick: lay,
    }),
  );
}
lay();
document.querySelector('article').innerHTML = Array.from(
  { length: 14 },
  () => `<p>${'Delivery takes three to five working days within the country. '.repeat(4)}</p>`,
).join('');
