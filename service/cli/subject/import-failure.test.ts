import { expect, test } from 'vitest';
import { explainImportFailure } from './import-failure.ts';

const failure = (code: string, message: string) => Object.assign(new Error(message), { code });

test('a package that is missing is named, with what to run', () => {
  const explanation = explainImportFailure(
    failure('ERR_MODULE_NOT_FOUND', "Cannot find package 'kysely' imported from /g/service/a.ts\n at …"),
  );
  expect(explanation).toContain("Cannot find package 'kysely'");
  expect(explanation).toContain('npm install');
  expect(explanation).not.toContain('\n');
});

test('a package of another machine is reported as such', () => {
  expect(explainImportFailure(failure('ERR_DLOPEN_FAILED', 'invalid ELF header'))).toContain(
    `${process.platform} ${process.arch}`,
  );
});

test('a fault of Gatehouse’s own is not explained away', () => {
  expect(explainImportFailure(new TypeError('x is not a function'))).toBeUndefined();
});
