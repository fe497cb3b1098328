import { expect, test } from 'vitest';
import { parseXml } from './xml.ts';

test('reads elements, attributes and text', () => {
  const root = parseXml(
    '<?xml version="1.0"?>\n<net name="n" version="11"><port id="0"><dim>1</dim><dim>3</dim></port><data /></net>\n',
  );
  expect(root.attributes).toEqual({ name: 'n', version: '11' });
  expect(root.children.map(({ name }) => name)).toEqual(['port', 'data']);
  expect(root.children[0]!.children.map(({ text }) => text)).toEqual(['1', '3']);
});

test.each([
  ['a document type', '<!DOCTYPE net [<!ENTITY a "b">]><net></net>'],
  ['an entity in an attribute', '<net name="&a;"></net>'],
  ['a comment', '<net><!-- x --></net>'],
  ['CDATA', '<net><![CDATA[x]]></net>'],
  ['an element that is not closed', '<net><layers></net>'],
  ['an element that is cut short', '<net><layers name="'],
  ['a second root', '<net></net><net></net>'],
  ['nothing', ''],
  ['text alone', 'net'],
  ['elements within elements without end', '<a>'.repeat(100)],
  ['an attribute name without end', `<net ${'a'.repeat(100_000)}="1"></net>`],
])('refuses %s', (_, source) => {
  expect(() => parseXml(source)).toThrow(/^The XML file/);
});

test('a name of an attribute cannot reach what every object has', () => {
  const { attributes } = parseXml('<net __proto__="x" constructor="y"/>');
  expect(Object.entries(attributes)).toEqual([
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ]);
});
