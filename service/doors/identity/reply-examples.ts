/** Answers as a fresh box gave them in its test world, without the components behind `faceQuality`. */

export const verifyReplyExample = {
  verified: true,
  userId: 'sub_01m7w3ayykpzv1m774b6g68g31',
  email: 'alice@example.com',
  confidence: 0.9134,
  compositeScore: 0.8055,
  checkResults: [
    {
      check: 'liveness',
      pass: true,
      score: 0,
      weight: 0,
      skipped: 'No presentation attack detection model is installed.',
    },
    {
      check: 'frameConsistency',
      pass: true,
      score: 0,
      weight: 0,
      skipped: 'Two pictures or more are needed: send frames.',
    },
    {
      check: 'impossibleTravel',
      pass: true,
      score: 0,
      weight: 0,
      skipped: 'No location was given and no site holds the caller’s address.',
    },
    {
      check: 'embeddingHistory',
      pass: true,
      score: 0,
      weight: 0,
      skipped: 'There are 3 earlier verified pictures; 5 are needed.',
    },
    { check: 'deviceConsistency', pass: true, score: 0, weight: 0, skipped: 'No deviceInfo was given.' },
    { check: 'geoFence', pass: true, score: 0, weight: 0, skipped: 'The profile names no countries.' },
    { check: 'timeRestriction', pass: true, score: 0, weight: 0, skipped: 'The profile names no hours.' },
    { check: 'faceQuality', pass: true, score: 0.8055, weight: 0.5, reason: 'Face the camera.' },
  ],
  assurance: 'match-only',
  verificationId: 'ver_01m7w3hbbec1gf5vj2bmsg7bmh',
  profile: { id: 'builtin:default', slug: 'default', version: 2, maturity: 'proven' },
  match: {
    scorer: 'a',
    threshold: 0.9415,
    fmr: 0.0001,
    fnmr: 0.1421,
    extrapolated: false,
    pictures: 1,
    shift: 0,
  },
  models: { blazeface: 'a92ce2cb53b5', 'face-recognition': '1384af31c033' },
  timing: {
    decode: 9.1,
    detect: 19.6,
    landmarks: 6.5,
    embed: 10.9,
    pad: 0,
    total: 53,
    queued: 0,
    picture: 48.5,
  },
};

export const enrollReplyExample = {
  enrolled: true,
  userId: 'sub_01m7w3hber2v9yrex9nc12dr92',
  created: true,
  enrollments: 1,
  quality: { check: 'faceQuality', pass: true, score: 0.9419, weight: 0.5 },
};
