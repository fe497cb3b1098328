import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { filesIn, installedKibibytes } from '../../installers/linux/package-files.ts';
import {
  checkSignature,
  hashForSignature,
  readPublicKey,
  readSignature,
} from '../../service/release/minisign.ts';
import { objection, packageFile, packages, version } from './debian-root.ts';

// What `npm run package` leaves: every altered byte is refused by the tool that anyone has, and what is in the package is right.

const reason = objection();
const UNIT = 'usr/lib/systemd/system/gatehouse.service';
const has = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

describe.skipIf(reason !== undefined)(`a release${reason ? ` (${reason})` : ''}`, () => {
  let work: string;
  let tree: string;
  let release: string[];
  const key = () => join(work, 'key.pub');

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'gatehouse-release-'));
    tree = join(work, 'tree');
    execFileSync('dpkg-deb', ['-x', packageFile(), tree]);
    execFileSync('minisign', ['-G', '-W', '-p', key(), '-s', join(work, 'key')]);
    const folder = join(work, 'release');
    mkdirSync(folder);
    release = [
      packageFile(),
      join(packages, `gatehouse-${version}-linux-x64.tar.gz`),
      join(packages, `gatehouse-${version}-linux-x64.cdx.json`),
      join(packages, 'SHA256SUMS'),
      join(packages, `gatehouse-${version}-linux-x64.licences.txt`),
      ...[join(packages, `gatehouse-${version}-models.minisig`)].filter(existsSync),
    ].map((file) => {
      const copy = join(folder, basename(file));
      execFileSync('cp', ['--reflink=auto', file, copy]);
      execFileSync('minisign', ['-S', '-s', join(work, 'key'), '-t', basename(file), '-m', copy]);
      return copy;
    });
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  const minisign = (file: string) =>
    spawnSync('minisign', ['-V', '-p', key(), '-m', file], { encoding: 'utf8' });
  const ours = async (file: string) =>
    checkSignature(await hashForSignature(file), readSignature(readFileSync(`${file}.minisig`, 'utf8')), [
      readPublicKey(readFileSync(key(), 'utf8')),
    ]);

  test('minisign and the product accept every file; SHA256SUMS names the packages', async () => {
    for (const file of release) {
      expect(minisign(file).stdout).toContain('Signature and comment signature verified');
      expect(await ours(file)).toBe(basename(file));
    }
    const sums = spawnSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], {
      cwd: join(work, 'release'),
      encoding: 'utf8',
    });
    expect([sums.status, sums.stderr]).toEqual([0, '']);
  });

  test('an altered byte at the start, in the middle or at the end of any file is refused by both, and by SHA256SUMS', async () => {
    for (const file of release) {
      const bytes = readFileSync(file);
      for (const at of [0, bytes.length >> 1, bytes.length - 1]) {
        bytes[at]! ^= 1;
        writeFileSync(file, bytes);
        expect(minisign(file).status, `${basename(file)}, byte ${at}`).not.toBe(0);
        await expect(ours(file)).rejects.toThrow('does not belong to this file');
        const sums = spawnSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], {
          cwd: join(work, 'release'),
        });
        expect(sums.status).not.toBe(0);
        bytes[at]! ^= 1;
      }
      writeFileSync(file, bytes);
    }
  }, 300_000);

  test('every altered byte of a signature is refused by both, but those of its first comment', async () => {
    const file = release[3]!;
    const text = readFileSync(`${file}.minisig`, 'utf8');
    const decoded = (signature: string) => {
      const [, first = '', comment, second = '', ...more] = signature.split('\n');
      const bytes = [first, second].map((line) => Buffer.from(line, 'base64').toString('hex'));
      return JSON.stringify([bytes, comment, more]);
    };
    for (let at = text.indexOf('\n'); at < text.length - 1; at++) {
      const other = text[at] === 'A' ? 'B' : 'A';
      const altered = `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
      writeFileSync(`${file}.minisig`, altered);
      await expect(ours(file), `byte ${at}`).rejects.toThrow();
      // minisign reads the last digit of Base64 with fewer bits than it has: those that are left are no part of the signature
      if (decoded(altered) !== decoded(text)) expect(minisign(file).status, `byte ${at}`).not.toBe(0);
    }
    writeFileSync(`${file}.minisig`, text);
  });

  test('dpkg refuses a package whose data were altered', () => {
    const altered = join(work, 'altered.deb');
    const bytes = readFileSync(packageFile());
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(altered, bytes);
    expect(spawnSync('dpkg-deb', ['-x', altered, join(work, 'nothing')]).status).not.toBe(0);
  });

  test('the bill of materials names Node.js, libvips, SQLite, ONNX Runtime and every model by its bytes', () => {
    const bill = JSON.parse(readFileSync(release[2]!, 'utf8'));
    expect(readFileSync(join(tree, 'usr/lib/gatehouse/SBOM.cdx.json'))).toEqual(readFileSync(release[2]!));
    const names = bill.components.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['node', 'libvips', 'sqlite', 'onnxruntime', 'fastify']));
    const models = JSON.parse(
      readFileSync(join(tree, 'usr/lib/gatehouse/models/manifest.json'), 'utf8'),
    ).models;
    const hashes = bill.components.flatMap(({ hashes = [] }: { hashes?: { content: string }[] }) =>
      hashes.map(({ content }) => content),
    );
    for (const { origin, sha256 } of models) if (origin === 'built') expect(hashes).toContain(sha256);
    // What works without an import.
    const bundled = ['face-reidentification-retail-0095', 'minifasnet-v1se', 'minifasnet-v2'];
    for (const id of bundled) {
      const { file, sha256 } = models.find((one: { id: string }) => one.id === id);
      const bytes = readFileSync(join(tree, 'usr/lib/gatehouse/models/built', file));
      expect([id, createHash('sha256').update(bytes).digest('hex')]).toEqual([id, sha256]);
    }
    expect([bill.serialNumber, bill.metadata.timestamp]).toEqual([undefined, undefined]);
    const refs = bill.components.map((one: { 'bom-ref': string }) => one['bom-ref'].replace(/@[^@]+$/, ''));
    expect(refs).toEqual(expect.arrayContaining(['page:@mantine/core', 'page:@tabler/icons-react']));
    expect(names).toContain('react');
    // what installers/linux/left-out.ts leaves out is not in the package, and so not in its list
    for (const left of ['typescript', 'adm-zip', 'global-agent']) expect(names).not.toContain(left);
  });

  test('the packages hold no model that an installation from source fetches', async () => {
    const { importable } = JSON.parse(
      readFileSync(join(tree, 'usr/lib/gatehouse/models/manifest.json'), 'utf8'),
    ) as { importable: { file: string; sources: { integrity?: string }[] }[] };
    const fetched = importable.filter(({ sources }) =>
      sources.some(({ integrity }) => integrity !== undefined),
    );
    const names = (await filesIn(tree)).map(({ path }) => basename(path));
    expect(fetched.length).toBeGreaterThan(0);
    expect(fetched.map(({ file }) => file).filter((file) => names.includes(file))).toEqual([]);
  });

  test('the installed size is at most 300 MB', async () => {
    const kibibytes = installedKibibytes(await filesIn(tree));
    console.log(`installed size ${((kibibytes * 1024) / 1e6).toFixed(1)} MB`);
    expect(kibibytes * 1024).toBeLessThanOrEqual(300e6);
  });

  test.skipIf(!has('systemd-analyze'))(
    'systemd finds no fault in the unit, and an exposure of at most 2.0',
    () => {
      // where the program of the unit is, because it is looked for
      const unit = join(work, 'gatehouse.service');
      const text = readFileSync(join(tree, UNIT), 'utf8').replace(
        '/usr/bin/gatehouse',
        join(tree, 'usr/bin/gatehouse'),
      );
      writeFileSync(unit, text);
      const recovery = 'gatehouse-update-recover.service';
      copyFileSync(join(tree, dirname(UNIT), recovery), join(work, recovery));
      const verified = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' });
      expect([verified.status, verified.stderr]).toEqual([0, '']);
      const security = ['security', '--offline=true', '--no-pager'];
      const judged = spawnSync('systemd-analyze', [...security, '--threshold=20', unit], {
        encoding: 'utf8',
      });
      const exposure = Number(/exposure level for gatehouse\.service: ([\d.]+)/.exec(judged.stdout)?.[1]);
      console.log(`systemd-analyze security: ${exposure}`);
      expect([judged.status, exposure <= 2]).toEqual([0, true]);
      // the judge judges
      writeFileSync(
        unit,
        text.replace(/^CapabilityBoundingSet=\n|^SystemCallFilter=.*\n|^Protect.*\n/gm, ''),
      );
      expect(spawnSync('systemd-analyze', [...security, '--threshold=20', unit]).status).not.toBe(0);
    },
  );

  test.skipIf(!has('man'))('the man page renders without a fault, with every command', () => {
    const page = join(tree, 'usr/share/man/man1/gatehouse.1.gz');
    const shown = spawnSync('man', ['--warnings', '-l', page], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', MANWIDTH: '120', TERM: 'dumb' },
      maxBuffer: 64 * 2 ** 20,
    });
    expect([shown.status, shown.stderr]).toEqual([0, '']);
    expect(shown.stdout).toMatch(/^GATEHOUSE\(1\)/);
    for (const command of ['gatehouse doctor', 'gatehouse backup schedule', 'gatehouse update'])
      expect(shown.stdout).toContain(command);
    expect(shown.stdout).toContain('--hardening');
  });

  test('bash completes commands and options of the installed program', () => {
    const script = join(tree, 'usr/share/bash-completion/completions/gatehouse');
    expect(existsSync(script)).toBe(true);
    const complete = (line: string) => {
      const words = line.split(' ');
      const program = `
        gatehouse() { ${join(tree, 'usr/lib/gatehouse/bin/node')} --disable-sigusr1 ${join(tree, 'usr/lib/gatehouse/dist/service/cli/gatehouse.js')} "$@"; }
        compopt() { :; }
        if [ -e /usr/share/bash-completion/bash_completion ]; then source /usr/share/bash-completion/bash_completion
        else _get_comp_words_by_ref() { words=("\${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur=\${words[cword]}; prev=\${words[cword - 1]}; }; fi
        source ${script}
        COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
        COMP_LINE='${line}'; COMP_POINT=${line.length}
        $(complete -p gatehouse | sed 's/.*-F \\([^ ]*\\).*/\\1/') gatehouse
        printf '%s\\n' "\${COMPREPLY[@]}"`;
      return execFileSync('bash', ['-c', program], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, HOME: work },
      })
        .trim()
        .split('\n')
        .map((one) => one.trim().split(/\s/)[0]);
    };
    expect(complete('gatehouse doc')).toContain('doctor');
    expect(complete('gatehouse doctor --h')).toContain('--hardening');
    expect(complete('gatehouse backup sch')).toContain('schedule');
  });
});
