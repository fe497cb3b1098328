import fc from 'fast-check';

/** Chance is passed in: the same cases every time, others with `FC_SEED=$RANDOM npm test`. */
fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20261120) });
