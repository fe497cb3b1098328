/** A member holds its place itself; it is in one list at most. */
export interface Linked<Member> {
  list: object | undefined;
  before: Member | undefined;
  after: Member | undefined;
}

/** Of a member that is in no list yet. */
export const unlinked = { list: undefined, before: undefined, after: undefined } as const;

/**
 * Members in the order in which they were added, each added and removed in constant time. Not a `Set`: where members come and go thousands of
 * times a second, its tables keep each other in V8's old generation (docs/decisions/0030).
 */
export interface LinkedList<Member> {
  readonly size: number;
  readonly first: Member | undefined;
  has(member: Member): boolean;
  /** At the end; one that is in this list already stays where it is. Throws for a member of another list. */
  add(member: Member): void;
  /** False where it is not in this list. */
  remove(member: Member): boolean;
}

export function createLinkedList<Member extends Linked<Member>>(): LinkedList<Member> {
  let size = 0;
  let first: Member | undefined;
  let last: Member | undefined;
  const list: LinkedList<Member> = {
    get size() {
      return size;
    },
    get first() {
      return first;
    },
    has: (member) => member.list === list,
    add(member) {
      if (member.list === list) return;
      if (member.list) throw new Error('A member of a linked list was added to another one.');
      member.list = list;
      member.before = last;
      if (last) last.after = member;
      else first = member;
      last = member;
      size++;
    },
    remove(member) {
      if (member.list !== list) return false;
      const { before, after } = member;
      if (before) before.after = after;
      else first = after;
      if (after) after.before = before;
      else last = before;
      Object.assign(member, unlinked);
      size--;
      return true;
    },
  };
  return list;
}
