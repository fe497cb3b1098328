import { type AdmitDeps, createAdmit } from './admit-verification.ts';
import { createUpgrade, type UpgradeDeps } from './enrollment/upgrade-templates.ts';
import { createJudge, type JudgeDeps } from './judge.ts';
import { createLook, type SightDeps } from './look.ts';
import { createMatch, type MatchDeps } from './match.ts';
import { createPrepareVerification, type PrepareDeps } from './prepare-verification.ts';
import { createRecord, createWriteVerification, type WriteDeps } from './record-verification.ts';
import { createReply, type ReplyDeps } from './reply.ts';
import type { Verdict, VerifyCommand } from './verdict.ts';

export type VerifyDeps = PrepareDeps &
  AdmitDeps &
  SightDeps &
  MatchDeps &
  JudgeDeps &
  WriteDeps &
  ReplyDeps &
  UpgradeDeps;

export function createVerify(deps: VerifyDeps) {
  const prepare = createPrepareVerification(deps);
  const { admit, admitMatched } = createAdmit(deps);
  const write = createWriteVerification(deps);
  const look = createLook({ ...deps, write });
  const match = createMatch(deps);
  const judge = createJudge(deps);
  const record = createRecord(write);
  const upgrade = createUpgrade(deps);
  const reply = createReply(deps);

  return async function verify(command: VerifyCommand): Promise<Verdict> {
    const run = await prepare(command);
    const admission = await admit(run);
    try {
      const seen = await look(run, admission.guard);
      const decision = await match(run, seen.face.embeddings);
      const outcome = await judge(run, seen, decision);
      await admitMatched(run, admission, decision);
      await record(run, outcome, admission);
      if (run.command.email !== undefined || run.command.actor.is === 'kiosk')
        await upgrade(run, seen, outcome);
      return reply(run, outcome);
    } finally {
      admission.end();
    }
  };
}
