/** Whether the first of two versions (`1.2.3`, `1.2.3-rc.1`) comes before the second, as Semantic Versioning orders them. */
export function isOlderVersion(one: string, other: string): boolean {
  const [a, b] = [read(one), read(other)];
  for (const at of [0, 1, 2]) {
    const difference = a.numbers[at]! - b.numbers[at]!;
    if (difference !== 0) return difference < 0;
  }
  // a release comes after what was tried before it
  if (a.before.length === 0 || b.before.length === 0) return a.before.length > b.before.length;
  for (let at = 0; at < Math.max(a.before.length, b.before.length); at++) {
    const [left, right] = [a.before[at], b.before[at]];
    if (left === right) continue;
    if (left === undefined || right === undefined) return left === undefined;
    const numbers = [left, right].map((text) => /^\d+$/.test(text));
    if (numbers[0] && numbers[1]) return Number(left) < Number(right);
    return numbers[0] === numbers[1] ? left < right : numbers[0]!;
  }
  return false;
}

function read(version: string): { numbers: number[]; before: string[] } {
  const [, numbers, before] = /^(\d+\.\d+\.\d+)(?:-([\w.-]+))?(?:\+[\w.-]+)?$/.exec(version) ?? [];
  if (numbers === undefined) throw new Error(`${version} is no version such as 1.2.3.`);
  return { numbers: numbers.split('.').map(Number), before: before?.split('.') ?? [] };
}
