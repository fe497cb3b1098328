import { createElement as h } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { HumaChallenge, HumaGate, useHuma, useHumaSession } from './react.ts';

// What a server renders; test/browser/huma-challenge.test.ts and huma-gate.test.ts have a browser.

const challenge = {
  challengeId: 'ch_1',
  type: 'click_targets' as const,
  payload: { instruction: 'Click the 🎯', targets: [{ id: 't1', x: 65, y: 25, label: '🎯' }] },
  apiKey: 'huma_live_k',
  onPassed() {},
};

test('a challenge is a named group of named buttons, with a status for screen readers', () => {
  const markup = renderToStaticMarkup(h(HumaChallenge, challenge));
  expect(markup.replace(/ style="[^"]*"/g, '').replace(/_[^"]*_-what|«[^"]*»-what/g, 'ID')).toBe(
    '<div role="group" aria-label="Check that you are a person" aria-describedby="ID" aria-busy="false">' +
      '<p id="ID" tabindex="-1">Click the 🎯</p><div></div>' +
      '<div><button type="button" data-item="t1" aria-label="🎯"><span aria-hidden="true">🎯</span></button></div>' +
      '<div><button type="button">Use the check for keyboard and screen reader</button></div>' +
      '<p role="status"></p></div>',
  );
});

test('texts are those of the page where it gives them', () => {
  const strings = { title: 'Prüfung', accessible: 'Prüfung mit der Tastatur' };
  const markup = renderToStaticMarkup(h(HumaChallenge, { ...challenge, strings }));
  expect(markup).toContain('aria-label="Prüfung"');
  expect(markup).toContain('>Prüfung mit der Tastatur<');
});

test('on a server nothing is collected, asked or begun', () => {
  const Page = () => {
    const { collecting, result } = useHuma({ apiKey: 'huma_live_k', userId: 'user_123' });
    const { anomaly, lastResult } = useHumaSession({ apiKey: 'huma_live_k', userId: 'user_123', token: 't' });
    return h('p', null, JSON.stringify([collecting, result, anomaly, lastResult]));
  };
  expect(renderToStaticMarkup(h(Page))).toBe('<p>[false,null,false,null]</p>');
  const gate = { apiKey: 'huma_live_k', userId: 'user_123', onPass() {}, onBlock() {} };
  expect(renderToStaticMarkup(h(HumaGate, gate, h('form')))).toBe(
    '<div><div aria-busy="false"><form></form></div></div>',
  );
});
