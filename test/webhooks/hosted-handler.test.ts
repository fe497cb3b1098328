import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeWebhookSecret, sign } from '../../service/engine/events/webhooks/signature.ts';

// The handler of contracts/hosted.txt ("Example webhook handler"), word for word, with a delivery as the box signs it.

const sample = `
@app.route('/api/webhooks/verifyhuman', methods=['POST'])
def verifyhuman_webhook():
    payload = request.get_data()
    sig = request.headers.get('X-VerifyHuman-Signature', '')

    # Validate signature using your webhook signing secret.
    if not validate_signature(payload, sig, WEBHOOK_SECRET):
        return '', 401

    event = request.get_json()
    if event.get('event') == 'verification.completed':
        session = db.get_session_by_verification_id(event['verification_id'])
        if session:
            session.status = 'pass' if event['status'] == 'PASS' else 'fail'
            db.save(session)

    return '', 200
`;

/** What the sample leaves to its application, and as much of Flask as it uses. */
const application = `
import base64, hashlib, hmac, json, sys
from types import SimpleNamespace

given = json.load(sys.stdin)
WEBHOOK_SECRET = given['secret']
handlers = {}

class App:
    def route(self, path, methods):
        return lambda handler: handlers.setdefault(path, handler)

class Request:
    headers = given['headers']
    def get_data(self):
        return base64.b64decode(given['body'])
    def get_json(self):
        return json.loads(self.get_data())

class Database:
    saved = []
    def get_session_by_verification_id(self, id):
        return SimpleNamespace(id=id, status='pending')
    def save(self, session):
        self.saved.append([session.id, session.status])

def validate_signature(payload, sig, secret):
    mac = hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()
    return hmac.compare_digest('sha256=' + mac, sig)

app, request, db = App(), Request(), Database()
`;
const last = `
_, status = handlers['/api/webhooks/verifyhuman']()
print(json.dumps([status, db.saved]))
`;

const { request } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../wire/webhooks/hosted-verification.completed.json'), 'utf8'),
) as { request: { body: { verification_id: string } } };

test.runIf(spawnSync('python3', ['--version']).status === 0)(
  'the handler of the text accepts a delivery and refuses a changed one',
  () => {
    const secret = makeWebhookSecret('sha256', (into) => into.fill(7));
    const handle = (change: Record<string, unknown>, forged: boolean) => {
      const body = Buffer.from(JSON.stringify({ ...request.body, ...change }));
      const signed = sign({ dialect: 'sha256', secret, id: 'evt_1', at: Date.now(), body });
      const sent = forged ? Buffer.from(body.toString().replace('FAIL', 'PASS')) : body;
      const input = JSON.stringify({ secret, headers: signed, body: sent.toString('base64') });
      const program = application + sample + last;
      return JSON.parse(execFileSync('python3', ['-c', program], { input, encoding: 'utf8' })) as unknown;
    };
    const id = request.body.verification_id;
    expect(handle({}, false)).toEqual([200, [[id, 'pass']]]);
    expect(handle({ status: 'FAIL' }, false)).toEqual([200, [[id, 'fail']]]);
    expect(handle({ status: 'FAIL' }, true)).toEqual([401, []]);
  },
);
