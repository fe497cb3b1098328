/** Code that calls this box with the key, ready to paste. `origin`: where the box answers. */
export const snippetsFor = (origin: string, key: string) => [
  {
    language: 'curl',
    code: `curl ${origin}/api/verify \\
  -H 'x-api-key: ${key}' \\
  -F image=@portrait.jpg -F email=ada@example.org`,
  },
  {
    language: 'TypeScript',
    code: `const form = new FormData();
form.set('image', new Blob([await readFile('portrait.jpg')]), 'portrait.jpg');
form.set('email', 'ada@example.org');
const reply = await fetch('${origin}/api/verify', {
  method: 'POST',
  headers: { 'x-api-key': '${key}' },
  body: form,
});
console.log(await reply.json());`,
  },
];
