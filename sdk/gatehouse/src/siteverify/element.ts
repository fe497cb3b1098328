type Style = Partial<Record<keyof CSSStyleDeclaration, string>>;

/** Styles are set one by one: a policy of the page that refuses style attributes leaves them. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  {
    style = {},
    on = {},
    ...attributes
  }: { style?: Style; on?: Record<string, (event: Event) => void> } & Record<string, unknown> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined) made.setAttribute(key, String(value));
  for (const [type, listener] of Object.entries(on)) made.addEventListener(type, listener);
  Object.assign(made.style, style);
  made.append(...children);
  return made;
}
