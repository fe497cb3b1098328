/** Answers as a box gives them; ids and times are made up. */

export const rule = {
  id: 'rule_01m7w3mf0a7yk4tq2z8d5x1c9r',
  name: 'many failures of one person',
  metric: 'failures-per-person' as const,
  windowMinutes: 15,
  threshold: 5,
  filter: { key: null, profile: null, subject: null },
  holdOffMinutes: 60,
  channels: { webhook: true, desktop: false, email: [] },
  enabled: true,
  waitsFor: null,
  createdAt: '2026-11-20T12:00:00.000Z',
  createdBy: 'operator:ada',
};

export const alert = {
  id: 'alr_01m7w3n8q5h1v7rk0c4t9z2xyd',
  rule: rule.id,
  name: rule.name,
  metric: rule.metric,
  about: 'sub_01m7w3ayykpzv1m774b6g68g31',
  value: 5,
  threshold: 5,
  firedAt: '2026-11-20T12:31:44.020Z',
  acknowledged: null,
  notified: { webhook: 'written as the event alert.triggered' },
};
