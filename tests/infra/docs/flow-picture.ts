type Scheme = {
  text: string;
  faint: string;
  line: string;
  box: string;
  border: string;
  accent: string;
  bad: string;
};

/** GitHub shows the one that suits the reader's page; both have a transparent background. */
const schemes = {
  light: {
    text: '#1f2328',
    faint: '#59636e',
    line: '#59636e',
    box: '#f6f8fa',
    border: '#d1d9e0',
    accent: '#4f46e5',
    bad: '#b42318',
  },
  dark: {
    text: '#f0f6fc',
    faint: '#9198a1',
    line: '#9198a1',
    box: '#151b23',
    border: '#3d444d',
    accent: '#a5a0ff',
    bad: '#ff8a80',
  },
} as const satisfies Record<string, Scheme>;

const BOX_WIDTH = 140;

type Box = { x: number; y: number; title: string; lines: readonly string[]; isOurs: boolean };

const boxes: readonly Box[] = [
  { x: 8, y: 40, title: 'Segment', lines: ['webhooks,', 'server SDKs'], isOurs: false },
  { x: 209, y: 40, title: 'ingest', lines: ['answers 200 once', 'SQS has every event'], isOurs: true },
  { x: 410, y: 40, title: 'FIFO queue', lines: ['14 days, each', "user's order kept"], isOurs: true },
  { x: 611, y: 40, title: 'worker', lines: ['fills requests to 100,', 'keeps to the quota'], isOurs: true },
  { x: 812, y: 40, title: 'Salesmachine', lines: ['900 requests', 'in 300 s'], isOurs: false },
  { x: 410, y: 196, title: 'dead letters', lines: ['14 days,', 'with the reason'], isOurs: true },
];

type Arrow = { path: string; label: string; x: number; y: number; isBad?: true };

const arrows: readonly Arrow[] = [
  { path: 'M148 78H203', label: 'HTTP', x: 176, y: 69 },
  { path: 'M349 78H404', label: 'messages', x: 377, y: 69 },
  { path: 'M550 78H605', label: 'receives', x: 578, y: 69 },
  { path: 'M751 78H806', label: 'requests', x: 779, y: 69 },
  { path: 'M279 116V234H404', label: 'cannot be used', x: 343, y: 252, isBad: true },
  { path: 'M681 116V234H556', label: 'rejected for good', x: 617, y: 252, isBad: true },
  { path: 'M480 196V122', label: 'replay', x: 504, y: 162 },
];

/** The pictures of the flow, by path in the repository. */
export const flowPictures: ReadonlyMap<string, string> = new Map(
  Object.entries(schemes).map(([name, scheme]) => [`docs/pictures/flow-${name}.svg`, renderFlow(scheme)]),
);

/** The picture of the flow as SVG. */
function renderFlow({ text, faint, line, box, border, accent, bad }: Scheme): string {
  const label = (x: number, y: number, content: string, attributes: string) =>
    `<text x="${x}" y="${y}" text-anchor="middle" ${attributes}>${content}</text>`;
  const head = (id: string, color: string) =>
    `<marker id="${id}" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="${color}"/></marker>`;
  return [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 28 960 254" font-family="-apple-system, Segoe UI, Helvetica, Arial, sans-serif" role="img">',
    '<title>Segment sends events to the ingest, which queues them; the worker sends them to Salesmachine in full requests; what cannot be delivered becomes a dead letter, which can be replayed.</title>',
    `<defs>${head('line', line)}${head('bad', bad)}</defs>`,
    ...arrows.map(({ path, label: content, x, y, isBad }) => {
      const kind = isBad ? 'bad' : 'line';
      const color = isBad ? bad : line;
      return [
        `<path d="${path}" fill="none" stroke="${color}" stroke-width="1.5"${isBad ? ' stroke-dasharray="4 3"' : ''} marker-end="url(#${kind})"/>`,
        label(x, y, content, `font-size="12" fill="${isBad ? bad : faint}"`),
      ].join('\n');
    }),
    ...boxes.map(({ x, y, title, lines, isOurs }) =>
      [
        `<rect x="${x}" y="${y}" width="${BOX_WIDTH}" height="76" rx="8" fill="${box}" stroke="${isOurs ? accent : border}" stroke-width="1.5"/>`,
        label(x + BOX_WIDTH / 2, y + 26, title, `font-size="15" font-weight="600" fill="${text}"`),
        ...lines.map((content, index) =>
          label(x + BOX_WIDTH / 2, y + 46 + index * 16, content, `font-size="12" fill="${faint}"`),
        ),
      ].join('\n'),
    ),
    '</svg>',
    '',
  ].join('\n');
}
