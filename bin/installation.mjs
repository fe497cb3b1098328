// Plain JavaScript, without packages: it runs where the installation failed or never was.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Why Gatehouse cannot run from this folder and what to do about it, in words for a person at a terminal; undefined where its
 * packages are there and made for this machine.
 * @param {string} root the folder that holds package.json
 * @param {{ platform: string, arch: string }} machine as `process` has them
 * @returns {string | undefined}
 */
export function objectionToInstallation(root, { platform, arch }) {
  const packages = join(root, 'node_modules');
  const has = (/** @type {string[]} */ ...path) => existsSync(join(packages, ...path));
  const install = `run "npm install" in ${root}`;
  if (!existsSync(packages)) return `Gatehouse is not installed yet: ${install} first.`;

  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const missing = Object.keys(dependencies).filter((name) => !has(name, 'package.json'));
  if (missing.length > 0) {
    const [first, ...others] = missing;
    const more = others.length === 0 ? 'is' : `and ${others.length} more packages are`;
    return `The last "npm install" failed, or Gatehouse was updated since: ${first} ${more} missing. To fix it, ${install} and read its output.`;
  }

  const runtimes = join(packages, 'onnxruntime-node/bin/napi-v6');
  if (!existsSync(join(runtimes, platform, arch, 'onnxruntime_binding.node'))) {
    const known = foldersIn(runtimes).flatMap((os) =>
      foldersIn(join(runtimes, os)).map((cpu) => `${os} ${cpu}`),
    );
    return `Gatehouse does not run on ${platform} ${arch}: ONNX Runtime, which runs the models, is available for ${known.join(', ')}.`;
  }
  if (![platform, `${platform}musl`].some((system) => has('@img', `sharp-${system}-${arch}`))) {
    return `The folder node_modules was installed on another kind of machine than this ${platform} ${arch}: remove it and ${install}.`;
  }
  return undefined;
}

/** @param {string} folder */
function foldersIn(folder) {
  return existsSync(folder) ? readdirSync(folder) : [];
}
