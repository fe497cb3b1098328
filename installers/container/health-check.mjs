// Of the container: ends with 0 when the service answers /ready with 200. It has no shell and no curl.
import { get as getPlain } from 'node:http';
import { get } from 'node:https';

const port = process.env.GATEHOUSE_PORT ?? '7300';
const plain = /^(1|true|yes|on)$/i.test(process.env.GATEHOUSE_INSECURE_HTTP ?? '');
// The service of this container, whose certificate is for its name and not for 127.0.0.1.
const options = { timeout: 8_000, ...(!plain && { rejectUnauthorized: false }) };

const ask = plain ? getPlain : get;
const request = ask(`${plain ? 'http' : 'https'}://127.0.0.1:${port}/ready`, options, (response) => {
  response.resume();
  response.on('end', () => {
    if (response.statusCode !== 200) end(`/ready answered ${response.statusCode}`);
  });
});
request.on('timeout', () => request.destroy(new Error('no answer within 8 s')));
request.on('error', ({ message }) => end(message));

/** @param {string} why */
function end(why) {
  console.error(why);
  process.exitCode = 1;
}
