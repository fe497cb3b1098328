/** The oldest Node.js whose ABI the native packages are built for. */
export const oldestNode = 24;

/** Message for a Node.js that is too old; undefined otherwise. `version` as in `process.versions.node`. */
export function refuseOldNode(version: string): string | undefined {
  if (Number.parseInt(version, 10) >= oldestNode) return undefined;
  return (
    `Gatehouse needs Node.js ${oldestNode} or newer; this is ${version}. ` +
    'Nothing has to be installed: `npm run gatehouse -- …` uses the Node.js 24 that `npm install` brought along.'
  );
}
