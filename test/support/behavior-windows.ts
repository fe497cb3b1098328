import type { SessionData } from '../../service/engine/behavior/index.ts';

/** Parts of a window that a test changes. */
export type WindowChanges = {
  [Part in keyof SessionData]?: NonNullable<SessionData[Part]> extends object
    ? Partial<NonNullable<SessionData[Part]>>
    : SessionData[Part];
};

const nothingMeasured = {
  mouse: {
    str: null,
    strIqr: null,
    dev: null,
    vcv: null,
    tpk: null,
    tpkIqr: null,
    sub: null,
    ldj: null,
    ldjIqr: null,
    turn: null,
    turnSd: null,
    flip: null,
    pl: null,
    fitts: null,
    vBeg: null,
    vEnd: null,
    vSd: null,
    durSd: null,
    eq: null,
    n: 0,
    strSd: null,
    strLo: null,
    lenStr: null,
    vcvLo: null,
    vcvHi: null,
    tpkLo: null,
    vBegLo: null,
    turnHi: null,
    top: null,
    slow: null,
    slowHi: null,
    plRest: null,
    angSd: null,
    side: null,
    overSd: null,
    tSp: null,
    tSpSd: null,
    tSkHi: null,
    q1Sd: null,
    rip: null,
    ripSh: null,
    cubLo: null,
    qui: null,
    quiLo: null,
    fitHi: null,
    fitSm: null,
    fitts2: null,
    axis: null,
  },
  click: {
    n: 0,
    press: null,
    pressSd: null,
    pressMin: null,
    ctr: null,
    off: null,
    nOff: 0,
    tele: null,
    dwell: null,
    aid: 0,
    gap: null,
    emu: null,
  },
  key: {
    n: 0,
    hold: null,
    holdP10: null,
    holdNear: null,
    ddNear: null,
    dd: null,
    ddLsd: null,
    roll: null,
    relay: null,
    inNoKey: null,
    nIn: 0,
    paste: 0,
  },
};

/** A page in which nothing has happened. */
export const emptyWindow = (changes: WindowChanges = {}): SessionData =>
  changed(
    {
      v: 1,
      sid: 'sid-of-an-empty-window',
      seq: 0,
      winMs: 30_000,
      upMs: 31_000,
      ttfaMs: null,
      hidMs: 0,
      counts: {
        move: 0,
        down: 0,
        up: 0,
        keyDown: 0,
        keyUp: 0,
        input: 0,
        paste: 0,
        wheel: 0,
        scroll: 0,
        touch: 0,
      },
      ...nothingMeasured,
      scroll: { n: 0, uniq: null, dtCv: null },
      glob: { idleN: 0, idleMed: null, act: 0 },
      env: {
        wd: 0,
        untrusted: 0,
        coal: null,
        pt: { mouse: 0, pen: 0, touch: 0 },
        dpr: 1,
        rate: null,
      },
    },
    changes,
  );

/** Half a minute of a person who fills in a form: eleven movements, four presses, 31 keys. */
export const personWindow = (changes: WindowChanges = {}): SessionData =>
  changed(
    {
      v: 1,
      sid: 'sid-of-a-person-window',
      seq: 3,
      winMs: 30_000,
      upMs: 64_210,
      ttfaMs: 812,
      hidMs: 0,
      counts: {
        move: 412,
        down: 4,
        up: 4,
        keyDown: 31,
        keyUp: 31,
        input: 28,
        paste: 0,
        wheel: 6,
        scroll: 14,
        touch: 0,
      },
      mouse: {
        n: 11,
        str: 0.91,
        strIqr: 0.12,
        dev: 0.08,
        vcv: 0.71,
        tpk: 0.38,
        tpkIqr: 0.21,
        sub: 3.1,
        ldj: 6.4,
        ldjIqr: 1.9,
        turn: 0.21,
        turnSd: 0.33,
        flip: 0.41,
        pl: -0.42,
        fitts: 0.55,
        vBeg: 0.18,
        vEnd: 0.09,
        vSd: 0.62,
        durSd: 0.51,
        eq: 0,
        strSd: 0.3,
        strLo: 0.33,
        lenStr: -0.6,
        vcvLo: 0.42,
        vcvHi: 1.29,
        tpkLo: 0.12,
        vBegLo: 0.03,
        turnHi: 0.43,
        top: 0.4,
        slow: 0.59,
        slowHi: 0.83,
        plRest: 0.61,
        angSd: 1.05,
        side: 0.98,
        overSd: 0.25,
        tSp: 0.24,
        tSpSd: 0.04,
        tSkHi: 0.012,
        q1Sd: 0.16,
        rip: 0.11,
        ripSh: 0.64,
        cubLo: -4.2,
        qui: -4.1,
        quiLo: -5.3,
        fitHi: 0.92,
        fitSm: 0.41,
        fitts2: 0.48,
        axis: 0,
      },
      click: {
        n: 4,
        press: 96,
        pressSd: 14,
        pressMin: 81,
        ctr: 0,
        off: 0.19,
        nOff: 4,
        tele: 0,
        dwell: 210,
        aid: 0,
        gap: 4_100,
        emu: 0,
      },
      key: {
        n: 31,
        hold: 94,
        holdP10: 70,
        holdNear: 0.19,
        ddNear: 0.08,
        dd: 171,
        ddLsd: 0.48,
        roll: 0.16,
        inNoKey: 0,
        nIn: 28,
        paste: 0,
      },
      scroll: { n: 14, uniq: 0.5, dtCv: 0.9 },
      glob: { idleN: 3, idleMed: 1_340, act: 0.81 },
      env: {
        wd: 0,
        untrusted: 0,
        coal: 2.1,
        pt: { mouse: 420, pen: 0, touch: 0 },
        dpr: 2,
        rate: 8.3,
      },
    },
    changes,
  );

/** Movements for which the shipped weights speak as clearly as they can. */
export const humanMovements = {
  n: 11,
  str: 0.99,
  strIqr: 0.2138,
  vcv: 0.8064,
  tpkIqr: 0.2822,
  sub: 4.1152,
  turn: 0.1124,
  flip: 0.1139,
  fitts: 0.7067,
  vEnd: 0.1574,
  vSd: 0.7034,
  durSd: 0.5479,
  vcvLo: 0.79,
  plRest: 0.1427,
  angSd: 1.2225,
  overSd: 1.2255,
  q1Sd: 0.2108,
  ripSh: 0.3784,
  fitSm: 0.608,
  slowHi: 0.7138,
};

/** The form filled in by `page.type` and `page.click`: keys without hold, presses in the middle of the fields, no movement. */
export const programWindow = (changes: WindowChanges = {}): SessionData =>
  changed(
    emptyWindow({
      sid: 'sid-of-a-program-window',
      winMs: 6_000,
      upMs: 6_100,
      ttfaMs: 400,
      counts: { move: 5, down: 5, up: 5, keyDown: 40, keyUp: 40, input: 40 },
      click: {
        n: 5,
        press: 2,
        pressSd: 0.4,
        pressMin: 1,
        ctr: 1,
        off: 0,
        nOff: 5,
        tele: 1,
        dwell: 1,
        gap: 140,
      },
      key: {
        n: 40,
        hold: 1,
        holdP10: 1,
        holdNear: 1,
        ddNear: 0.95,
        dd: 3,
        ddLsd: 0.1,
        roll: 0,
        inNoKey: 0,
        nIn: 40,
      },
      glob: { act: 1 },
      env: { pt: { mouse: 15, pen: 0, touch: 0 } },
    }),
    changes,
  );

function changed(data: SessionData, changes: WindowChanges): SessionData {
  const merged = Object.entries(data).map(([name, value]) => {
    const change = changes[name as keyof SessionData];
    if (change === undefined) return [name, value];
    return [name, typeof value === 'object' && value !== null ? { ...value, ...(change as object) } : change];
  });
  const whole = Object.fromEntries(merged) as SessionData;
  const { pt } = data.env;
  const given = changes.env?.pt ?? pt;
  const isOwn = given.mouse !== pt.mouse || given.pen !== pt.pen || given.touch !== pt.touch;
  return changes.counts && !isOwn ? { ...whole, env: withMouse(whole) } : whole;
}

/** All events of pointers that are not of another kind are of the mouse. */
function withMouse({ counts: { move, down, up }, env }: SessionData): SessionData['env'] {
  const { pen, touch } = env.pt;
  return { ...env, pt: { ...env.pt, mouse: Math.max(0, move + down + up - pen - touch) } };
}
