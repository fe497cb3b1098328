const off = { enabled: false, weight: 0, threshold: 0, hardFail: false };

/** Definitions as `profile set` of 0.1.1 takes them: every check has a rule. */
export const customProfiles = {
  /** In place of the built-in one. */
  default: {
    name: 'Everyday',
    maturity: 'custom',
    description: 'Without presentation attack detection.',
    checks: {
      liveness: { enabled: true, weight: 2, threshold: 0.4, hardFail: false },
      frameConsistency: { enabled: true, weight: 0.3, threshold: 0.5, hardFail: true },
      impossibleTravel: off,
      embeddingHistory: { enabled: true, weight: 0.1, threshold: 0.5, hardFail: false },
      deviceConsistency: { enabled: true, weight: 0.1, threshold: 0.3, hardFail: false },
      geoFence: off,
      timeRestriction: off,
      faceQuality: { enabled: true, weight: 0.5, threshold: 0, hardFail: false },
    },
    minimumComposite: 0.2,
    models: { detector: 'blazeface', scorer: 'a', pad: 'where-installed', livenessScale: 'live' },
    match: { falseMatchRate: 0.0005, falseIdentificationRate: 0.02 },
    refuseQuality: [],
  },
  /** The network's site says that the person is in Switzerland. */
  'front-door': {
    name: 'Front door',
    maturity: 'custom',
    description: 'In Switzerland only.',
    checks: {
      liveness: { enabled: true, weight: 2, threshold: 0.4, hardFail: false },
      frameConsistency: off,
      impossibleTravel: { enabled: true, weight: 0.4, threshold: 0.5, hardFail: false, whenMissing: 'skip' },
      embeddingHistory: off,
      deviceConsistency: off,
      geoFence: { enabled: true, weight: 0.4, threshold: 0.5, hardFail: true, whenMissing: 'fail' },
      timeRestriction: off,
      faceQuality: { enabled: true, weight: 0.5, threshold: 0, hardFail: false },
    },
    minimumComposite: 0.3,
    models: { detector: 'blazeface', scorer: 'best', pad: 'where-installed', livenessScale: 'apcer5' },
    match: { falseMatchRate: 0.0002, falseIdentificationRate: 0.01 },
    attempts: { failuresBeforeDelay: 8 },
    geoFence: { countries: ['CH', 'LI'] },
    refuseQuality: ['facePresent'],
  },
};
