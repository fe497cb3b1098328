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
