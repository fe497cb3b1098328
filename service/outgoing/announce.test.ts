import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { Bonjour, type Service } from 'bonjour-service';
import { afterEach, expect, test } from 'vitest';
import { announce } from './announce.ts';

const attached = Object.values(networkInterfaces())
  .flat()
  .some((one) => one !== undefined && one.family === 'IPv4' && !one.internal);
if (!attached) console.warn('announce: no network interface here; the announcement is not tried');

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

test.skipIf(!attached)(
  'the box is found under its label with .local, and withdrawn at the stop',
  async () => {
    const warnings: unknown[] = [];
    const finder = new Bonjour({}, () => {});
    ends.push(() => finder.destroy());
    const label = `gatehouse-test-${process.pid}`;
    const found = Promise.withResolvers<Service>();
    const gone = Promise.withResolvers<Service>();
    const browser = finder.find({ type: 'https' });
    browser.on('up', (service: Service) => {
      if (service.name.endsWith(label)) found.resolve(service);
    });
    browser.on('down', (service: Service) => {
      if (service.name.endsWith(label)) gone.resolve(service);
    });
    const log = { info() {}, warn: (fields: object) => void warnings.push(fields) };
    const announced = await announce({ hostName: `${label}.home.arpa`, port: 7300 }, log);
    const { name, host, port, txt } = await found.promise;
    expect({ name, host, port, txt }).toEqual({
      name: `Gatehouse ${label}`,
      host: `${label}.local`,
      port: 7300,
      txt: { path: '/' },
    });
    await announced.stop();
    await gone.promise;
    expect(warnings).toEqual([]);
  },
);

/** Of a query: a question (type 12 is PTR, 1 is A), then so many times the same by a pointer to its name. */
function query(name: string, type: 1 | 12, more = 0): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(1 + more, 4);
  const labels = name.split('.').map((one) => `${String.fromCharCode(one.length)}${one}`);
  const asked = [0, type, 0, 1];
  const first = Buffer.concat([Buffer.from(`${labels.join('')}\0`), Buffer.from(asked)]);
  return Buffer.concat([head, first, ...Array<Buffer>(more).fill(Buffer.from([0xc0, 12, ...asked]))]);
}

test.skipIf(!attached)('what anyone in the network asks costs the box few answers', async () => {
  const label = `gatehouse-test-${process.pid}`;
  const announced = await announce({ hostName: `${label}.home.arpa`, port: 7300 }, { info() {}, warn() {} });
  ends.push(() => void announced.stop());
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  ends.push(() => socket.close());
  await new Promise<void>((resolve) => socket.bind(5353, resolve));
  socket.addMembership('224.0.0.251');
  const answers = { services: 0, hosts: 0 };
  socket.on('message', (data) => {
    if ((data[2]! & 0x80) === 0 || !data.includes(label)) return;
    answers[data.includes('_https') ? 'services' : 'hosts'] += 1;
  });
  const ask = (datagram: Buffer) =>
    new Promise<void>((resolve) => socket.send(datagram, 5353, '224.0.0.251', () => resolve()));
  /** Until a question that comes after all others is answered. */
  const answered = async () => {
    const before = answers.hosts;
    const asked = () => ask(query(`${label}.local`, 1)).then(() => answers.hosts);
    await expect.poll(asked, { interval: 300, timeout: 10_000 }).toBeGreaterThan(before);
    return answers.services;
  };
  await ask(query('_https._tcp.local', 12));
  await expect.poll(() => answers.services).toBeGreaterThan(0);
  const one = await answered();
  await ask(query('_https._tcp.local', 12, 10_000));
  await ask(query('_https._tcp.local', 12, 16));
  // The box announces itself again meanwhile.
  expect((await answered()) - one).toBeLessThan(5);
  const few = answers.services;
  for (let i = 0; i < 200; i++) await ask(query('_https._tcp.local', 12));
  expect((await answered()) - few).toBeLessThan(70);
});
