/** Answers as a box gives them; ids and times are made up. */

const webhook = {
  id: 'wh_01m7w3hb8hbf355he5zqwjztdk',
  url: 'https://hooks.example.org/gatehouse',
};

export const delivery = {
  id: 'dlv_01m7w3k5ze4tbs2m0q8c6y1hxf',
  endpoint: webhook.id,
  event: 'evt_01m7w3k5yd8wq3x1v9z7r5t2nc',
  name: 'identity.verification.failure',
  origin: 'event' as const,
  state: {
    is: 'waiting' as const,
    nextAt: '2026-11-20T12:05:07.412Z',
    reason: 'The receiver answered 500; any status from 200 to 299 accepts a delivery.',
  },
  attempts: 1,
  createdAt: '2026-11-20T12:00:02.118Z',
};

export const attempt = {
  number: 1,
  at: '2026-11-20T12:00:02.131Z',
  outcome: 'status',
  status: 503,
  milliseconds: 18.4,
  request: {
    url: webhook.url,
    headers: {
      'x-source': '(not kept)',
      'content-type': 'application/json',
      'user-agent': 'Gatehouse/0.1.0',
      'webhook-id': delivery.event,
      'webhook-timestamp': '1795176002',
      'webhook-signature': '(not kept)',
      'x-proof-signature': '(not kept)',
    },
    body: '{"event":"verification.failure","orgId":"org_01m7w2y4m7v3pcd0w8x9q6r5zt","timestamp":"2026-11-20T12:00:02.090Z","data":{"verified":false}}',
  },
  response: { headers: { 'content-type': 'text/plain' }, body: 'be back soon', truncated: false },
  error: null,
};

export const event = {
  id: delivery.event,
  type: 'verification.refused',
  at: '2026-11-20T12:00:02.090Z',
  payload: { verification: 'ver_01m7w3k5y6c2r8x0p4d9q1tzhb', kind: '1:1', profile: 'default' },
  deliveries: 1,
};

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
