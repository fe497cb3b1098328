export interface Element {
  name: string;
  attributes: Readonly<Record<string, string>>;
  children: Element[];
  /** Between its tags, beside the children. */
  text: string;
}

const MOST_LENGTH = 16 * 1024 * 1024;
const DEEPEST = 16;

const tag = /<(\/?)([A-Za-z_][\w.-]{0,79})((?:\s+[A-Za-z_][\w.:-]{0,79}="[^"<&]{0,4096}")*)\s{0,8}(\/?)>/y;
const attribute = /([A-Za-z_][\w.:-]*)="([^"]*)"/g;
const declaration = /\s{0,8}<\?xml [^<>?]{0,200}\?>/y;

/**
 * The root of an XML document without document type, entities, comments or CDATA: no file can make the reader
 * fetch or expand anything. Throws Error for everything else.
 */
export function parseXml(source: string): Element {
  if (source.length > MOST_LENGTH) throw new Error(`The XML file is longer than ${MOST_LENGTH} characters.`);
  const top: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [top];
  declaration.lastIndex = 0;
  let at = declaration.test(source) ? declaration.lastIndex : 0;
  for (let next = source.indexOf('<', at); next !== -1; next = source.indexOf('<', at)) {
    open.at(-1)!.text += source.slice(at, next);
    tag.lastIndex = next;
    const found = tag.exec(source);
    if (!found) throw new Error(`The XML file cannot be read at character ${next}.`);
    at = tag.lastIndex;
    const [, closes, name = '', attributes = '', isEmpty] = found;
    if (closes) {
      if (open.length === 1 || open.pop()!.name !== name)
        throw new Error(`The XML file closes ${name} where it is not open.`);
      continue;
    }
    const element: Element = { name, attributes: attributesOf(attributes), children: [], text: '' };
    open.at(-1)!.children.push(element);
    if (isEmpty) continue;
    open.push(element);
    if (open.length > DEEPEST) throw new Error(`The XML file has elements more than ${DEEPEST} deep.`);
  }
  const [root, ...others] = top.children;
  if (open.length > 1 || !root || others.length > 0)
    throw new Error('The XML file is cut short, or is none.');
  return root;
}

function attributesOf(source: string): Record<string, string> {
  const attributes: Record<string, string> = Object.create(null);
  for (const [, name = '', value = ''] of source.matchAll(attribute)) attributes[name] = value;
  return attributes;
}
