// The layers of docs/ARCHITECTURE.md as rules. `npm run layers` runs them (with a floor on the modules seen).
const only = (name, pkg, home, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { pathNot: `${home}|^(test|demo)/|\\.test\\.ts$` },
  to: { path: `(^|node_modules/)(${pkg})(/|$)` },
});
/** The rooms of the engine, from the ground up. */
const rooms = [
  'audit',
  'events',
  'consent',
  'accounts',
  'models',
  'people',
  'matching',
  'uniqueness',
  'verification',
  'behavior',
  'live',
  'appliance',
];
const rule = (name, from, to, comment) => ({ name, comment, severity: 'error', from, to });

export default {
  forbidden: [
    rule('no-cycles', {}, { circular: true }, 'Move what both need one layer down.'),
    rule(
      'engine-looks-down',
      { path: '^service/engine/' },
      { path: '^service/', pathNot: '^service/(engine|documents|storage|inference|outgoing|lib)/' },
      'The engine knows no HTTP, no CLI and no composition.',
    ),
    rule(
      'inference-as-types',
      { path: '^service/engine/', pathNot: '\\.test\\.ts$' },
      { path: '^service/inference/', dependencyTypesNot: ['type-only'] },
      'The engine sees inference as types; compose.ts passes the real thing.',
    ),
    rule(
      'outgoing-as-types',
      { path: '^service/engine/', pathNot: '\\.test\\.ts$' },
      { path: '^service/outgoing/', dependencyTypesNot: ['type-only'] },
      'The engine sees what dials out as types; compose.ts passes the real thing.',
    ),
    ...rooms.map((room, at) =>
      rule(
        `${room}-uses-rooms-below`,
        { path: `^service/engine/${room}/`, pathNot: '\\.test\\.ts$' },
        { path: `^service/engine/(${[...rooms.slice(at + 1), 'no-room'].join('|')})/` },
        'A room of the engine uses those before it in the list above.',
      ),
    ),
    rule(
      'rooms-meet-at-index',
      { path: '^service/engine/([^/]+)/' },
      { path: '^service/engine/', pathNot: '^service/engine/($1/|[^/]+/index\\.ts$)' },
      'Import another room through its index.ts.',
    ),
    rule(
      'index-is-for-others',
      { path: '^service/engine/([^/]+)/' },
      { path: '^service/engine/$1/index\\.ts$' },
      'Within a room, import the file itself.',
    ),
    rule(
      'personal-data-knows-no-feature',
      { path: '^service/engine/audit/personal-data/' },
      { path: '^service/', pathNot: '^service/(engine/audit/personal-data/|lib/|storage/transaction\\.ts$)' },
      'What features say of their person data; it knows none of them.',
    ),
    rule(
      'checks-are-pure',
      { path: '^service/engine/matching/checks/', pathNot: '\\.test\\.ts$' },
      { path: '^service/engine/', pathNot: '^service/engine/matching/(checks/|[^/]+\\.ts$)' },
      'A check is a pure function of what it is given; the schema of its settings stands beside it.',
    ),
    rule(
      'challenges-judge-frames',
      { path: '^service/engine/matching/challenges/', pathNot: '\\.test\\.ts$' },
      {
        path: '^service/',
        pathNot: '^service/(engine/matching/((challenges|captures|checks)/|[^/]+\\.ts$)|inference/|lib/)',
      },
      'A challenge is a pure judge of analyzed frames: it knows no session and no storage.',
    ),
    rule(
      'behavior-judges-windows',
      {
        path: '^service/engine/behavior/(?!(behavior-[a-z]+|heartbeats|verdicts)/|index\\.ts$)',
        pathNot: '\\.test\\.ts$',
      },
      {
        path: '^service/(?!(engine/behavior|lib)/)|^service/engine/behavior/((behavior-[a-z]+|heartbeats|verdicts)/|index\\.ts$)',
      },
      'The behavior score is a pure function of what a page measured: it knows no storage, no clock and no other feature.',
    ),
    rule(
      'sessions-know-no-flow',
      { path: '^service/engine/live/sessions/', pathNot: '\\.test\\.ts$' },
      { path: '^service/engine/live/(orders|flows)/' },
      'A live session serves every flow; compose.ts gives it the end of each.',
    ),
    rule(
      'documents-stand-alone',
      { path: '^service/documents/', pathNot: '\\.test\\.ts$' },
      { path: '^service/', pathNot: '^service/(documents|lib)/' },
      'A printable document is data; it knows no feature.',
    ),
    rule(
      'only-stores-touch-storage',
      {
        path: '^service/engine/',
        pathNot: '(-store|/personal-data)\\.ts$|\\.test\\.ts$|^service/engine/appliance/integrity/',
      },
      {
        path: '^service/storage/',
        // Ports: who writes, when, and how far it has read.
        pathNot: '^service/storage/(transaction|runs|leases|position/position)\\.ts$',
      },
      'SQL lives in the feature’s -store.ts, and in its personal-data.ts what reads and removes a person; integrity checks what storage has signed.',
    ),
    rule(
      'doors-see-engine-index',
      { path: '^service/doors/([^/]+)/', pathNot: '\\.test\\.ts$|^service/doors/mcp/' },
      { path: '^service/', pathNot: '^service/(doors/$1/|http/|lib/|engine/[^/]+/index\\.ts$)' },
      'A door translates; it sees the engine through index.ts only.',
    ),
    rule(
      'mcp-speaks-presence',
      { path: '^service/doors/mcp/', pathNot: '\\.test\\.ts$' },
      {
        path: '^service/',
        pathNot:
          '^service/(doors/mcp/|doors/presence/(wire|translate)\\.ts$|http/|lib/|engine/[^/]+/index\\.ts$)',
      },
      'The tools answer in the words of the presence family; else this door is as every door.',
    ),
    rule(
      'ground-floor',
      { path: '^service/(storage|inference|outgoing)/' },
      { path: '^service/', pathNot: '^service/($1|lib)/' },
      'Storage, inference and outgoing know nothing above them, nor each other.',
    ),
    rule(
      'certificate-serves-tls',
      { path: '^service/certificate/', pathNot: '\\.test\\.ts$' },
      { path: '^service/', pathNot: '^service/(certificate|http|lib)/|^service/config\\.ts$' },
      'The served certificate knows the settings and HTTP, nothing of the engine.',
    ),
    rule(
      'release-knows-nothing',
      { path: '^service/release/', pathNot: '\\.test\\.ts$' },
      { path: '^service/', pathNot: '^service/release/' },
      'Signatures of releases are checked without anything of the service.',
    ),
    rule(
      'backup-knows-storage',
      { path: '^service/backup/', pathNot: '\\.test\\.ts$' },
      {
        path: '^service/',
        pathNot: '^service/(backup|storage|inference|lib)/|^service/engine/.+(/index|-store)\\.ts$',
      },
      'Backup files are read and written without HTTP, CLI or composition.',
    ),
    rule(
      'data-directory-below-compose',
      { path: '^service/data-directory/', pathNot: '\\.test\\.ts$' },
      { path: '^service/', pathNot: '^service/(data-directory|backup|storage|lib)/|^service/config\\.ts$' },
      'Opening a data directory builds nothing: compose does.',
    ),
    rule(
      'compose-below-server',
      { path: '^service/compose/', pathNot: '\\.test\\.ts$' },
      { path: '^service/(server|cli|reference)/' },
      'compose builds; server listens; the CLI calls both.',
    ),
    rule(
      'server-above-compose',
      { path: '^service/server/', pathNot: '\\.test\\.ts$' },
      { path: '^service/(cli|reference)/' },
      'The server listens with what compose built; it neither parses commands nor writes documents.',
    ),
    rule(
      'reference-reads-schemas',
      { path: '^service/reference/', pathNot: '\\.test\\.ts$' },
      { path: '^service/', pathNot: '^service/(reference/|config\\.ts$|engine/[^/]+/index\\.ts$)' },
      'Reference pages are written from schemas alone.',
    ),
    rule(
      'config-knows-no-room',
      { path: '^service/config\\.ts$' },
      { path: '^service/', pathNot: '^service/(http/listening|lib)/' },
      'Settings are parsed before anything is built.',
    ),
    rule(
      'server-below-cli',
      { path: '^service/', pathNot: '^service/cli/|\\.test\\.ts$' },
      { path: '^service/cli/' },
      'Only the CLI imports the CLI.',
    ),
    rule(
      'http-knows-access',
      { path: '^service/http/', pathNot: '\\.test\\.ts$' },
      { path: '^service/', pathNot: '^service/(http|lib)/|^service/engine/accounts/index\\.ts$' },
      'What all doors share knows only who calls.',
    ),
    rule(
      'lib-stands-alone',
      { path: '^service/lib/' },
      { path: '^service/', pathNot: '^service/lib/' },
      'lib knows nothing of ours.',
    ),
    rule(
      'models-stand-alone',
      { path: '^models/' },
      {
        path: '^service/',
        pathNot: '^service/(lib/|inference/models/(manifest|onnx-file|onnx-runtime)\\.ts$)',
      },
      'models/ writes files; it shares the manifest schema, and what looks into a model and tries it.',
    ),
    rule(
      'models-import-is-a-tool',
      { path: '^service/', pathNot: '^service/cli/|^service/compose/model-paths\\.ts$|\\.test\\.ts$' },
      { path: '^models/' },
      'Only the CLI converts weights, and for the console a process apart (models/read-import-apart.ts): the service itself receives ONNX.',
    ),
    rule(
      'front-ends-keep-out',
      { path: '^sdk/gatehouse/', pathNot: '\\.test\\.ts$|-react\\.ts$' },
      { pathNot: '^sdk/gatehouse/' },
      'A client package stands alone: no code of the service, no dependency, nothing of Node’s own.',
    ),
    rule(
      'mcp-bridge-stands-alone',
      { path: '^sdk/mcp/src/' },
      { pathNot: '^sdk/mcp/|^sdk/gatehouse/src/certificate\\.ts$|(^|node_modules/)@modelcontextprotocol/' },
      'The server over stdio passes on the tools of the appliance; it knows none of its code, and of the package what explains a certificate.',
    ),
    rule(
      'components-know-react',
      { path: '^sdk/gatehouse/src/(huma/)?[^/]+-react\\.ts$' },
      { pathNot: '^sdk/gatehouse/|(^|node_modules/)(@types/)?react/' },
      'Components of the package use the React of the page, and nothing else beside the package.',
    ),
    rule(
      'admin-client-stands-alone',
      { path: '^sdk/admin/', pathNot: '\\.(test\\.ts|mjs)$' },
      { pathNot: '^sdk/admin/|(^|node_modules/)openapi-fetch/', dependencyTypesNot: ['core'] },
      'The client of the administrative routes knows their types and how to send a request.',
    ),
    rule(
      'service-needs-no-sdk',
      { path: '^(service|models)/', pathNot: '^service/cli/|\\.test\\.ts$' },
      { path: '^sdk/|^node_modules/@gatehouse/' },
      'What the service and its clients share is the wire. The CLI is a client.',
    ),
    rule(
      'cli-uses-the-admin-client',
      { path: '^service/cli/', pathNot: '\\.test\\.ts$' },
      { path: '^sdk/|^node_modules/@gatehouse/', pathNot: '^sdk/admin/' },
      'The CLI calls the administrative routes.',
    ),
    rule(
      'desktop-keeps-out',
      { path: '^main/', pathNot: '\\.test\\.ts$' },
      { path: '^(service|models)/|^sdk/(?!admin/)' },
      'The desktop shell speaks to the service; it imports none of it.',
    ),
    rule(
      'pages-keep-out',
      { path: '^renderer/', pathNot: '\\.test\\.tsx?$' },
      { path: '^(service|models|main|test)/|^sdk/(?!admin/|gatehouse/src/collector/collector\\.ts$)' },
      'A page is a client of the administrative routes: it shares their types (sdk/admin), and the collector of behavior, no code of the service.',
    ),
    rule(
      'pages-need-a-browser',
      { path: '^renderer/(console|kiosk|capture|ui)/', pathNot: '\\.test\\.tsx?$' },
      { dependencyTypes: ['core'] },
      'What a browser runs uses nothing of Node.',
    ),
    rule(
      'ui-knows-no-page',
      { path: '^renderer/ui/', pathNot: '\\.test\\.tsx?$' },
      { path: '^renderer/(?!ui/)|^sdk/' },
      'Components of renderer/ui know no feature, no route and no request.',
    ),
    rule(
      'pages-stand-apart',
      { path: '^renderer/(console|kiosk|capture)/' },
      { path: '^renderer/(?!($1|ui|capture/camera)/)', pathNot: '^renderer/dev/' },
      'Pages share renderer/ui, and the camera of the capture page.',
    ),
    rule(
      'screens-stand-apart',
      { path: '^renderer/console/features/([^/]+)/' },
      {
        path: '^renderer/console/features/',
        pathNot: '^renderer/console/features/($1/|[^/]+/index\\.tsx?$)',
      },
      'A feature of the console uses another through its index.ts.',
    ),
    rule(
      'not-to-test',
      { pathNot: '^(test|demo)/|\\.test\\.tsx?$' },
      { path: '^test/|\\.test\\.ts$' },
      'Nothing ships a test.',
    ),
    rule(
      'onnx-home',
      { pathNot: '^service/inference/models/onnx-runtime\\.ts$' },
      { path: '(^|node_modules/)onnxruntime-node/', dependencyTypesNot: ['type-only'] },
      'Import it from service/inference/models/onnx-runtime.ts, which switches its telemetry off first (decision record on native libraries).',
    ),
    rule(
      'onnx-in-workers',
      { path: '^service/', pathNot: '^service/inference/|\\.test\\.ts$' },
      { path: '^service/inference/models/onnx-runtime\\.ts$' },
      'ONNX runs in inference workers only.',
    ),
    only(
      'sql-home',
      'kysely|better-sqlite3|pg',
      '^service/(storage/|backup/|engine/.+-store\\.ts$)',
      'SQL stays in stores.',
    ),
    only(
      'redis-home',
      'bullmq|ioredis',
      '^test/load/',
      'Redis is measured against, and no part of the product.',
    ),
    only('mail-home', 'nodemailer', '^service/outgoing/', 'Only outgoing dials out.'),
    only(
      'mdns-home',
      'bonjour-service',
      '^service/outgoing/',
      'Only outgoing sends into the network unasked.',
    ),
    only(
      'x509-home',
      '@peculiar/[^/]+|reflect-metadata',
      '^service/certificate/issue\\.ts$',
      'It is loaded when a certificate is issued, and at no start without.',
    ),
    only('heif-home', 'libheif-js', '^service/inference/', 'One worker decodes HEIC.'),
    only(
      'mcp-home',
      '@modelcontextprotocol/[^/]+',
      '^(service/doors/mcp|sdk/mcp)/',
      'The protocol of agents stays in its door and its package.',
    ),
    only('electron-home', 'electron', '^main/index\\.ts$', 'One file loads Electron; it is passed on.'),
    only('http-home', 'fastify|@fastify/[^/]+', '^service/(doors|http)/', 'HTTP stays in doors and http.'),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types'] },
  },
};
