interface Circle {
  corners: [number, number, number];
  x: number;
  y: number;
  /** Radius squared. */
  square: number;
}

/** Triangles of distinct points (x, y pairs), three indices each: Bowyer-Watson. */
export function delaunay(points: readonly (readonly [number, number])[]): Uint32Array {
  const n = points.length;
  const far = 1e5;
  const all = [...points, [-far, -far] as const, [far, -far] as const, [0, far] as const];
  let circles = [circleOf(all, [n, n + 1, n + 2])!];
  for (let i = 0; i < n; i++) {
    const [x, y] = all[i]!;
    const edges = new Map<string, [number, number]>();
    const kept: Circle[] = [];
    for (const circle of circles) {
      if ((x - circle.x) ** 2 + (y - circle.y) ** 2 > circle.square) {
        kept.push(circle);
        continue;
      }
      const [a, b, c] = circle.corners;
      for (const [from, to] of [
        [a, b],
        [b, c],
        [c, a],
      ] as const) {
        const name = from < to ? `${from},${to}` : `${to},${from}`;
        // An edge of two triangles that go lies inside the hole.
        if (!edges.delete(name)) edges.set(name, [from, to]);
      }
    }
    for (const [from, to] of edges.values()) {
      const circle = circleOf(all, [from, to, i]);
      if (circle) kept.push(circle);
    }
    circles = kept;
  }
  return Uint32Array.from(
    circles.filter(({ corners }) => corners.every((corner) => corner < n)).flatMap(({ corners }) => corners),
  );
}

function circleOf(
  points: readonly (readonly [number, number])[],
  corners: [number, number, number],
): Circle | undefined {
  const [[ax, ay], [bx, by], [cx, cy]] = corners.map((corner) => points[corner]!) as [
    readonly [number, number],
    readonly [number, number],
    readonly [number, number],
  ];
  const d = 2 * (ax * (by - cy) + bx * (cy - ay) + cx * (ay - by));
  if (Math.abs(d) < 1e-9) return undefined;
  const [a, b, c] = [ax * ax + ay * ay, bx * bx + by * by, cx * cx + cy * cy];
  const x = (a * (by - cy) + b * (cy - ay) + c * (ay - by)) / d;
  const y = (a * (cx - bx) + b * (ax - cx) + c * (bx - ax)) / d;
  return { corners, x, y, square: (ax - x) ** 2 + (ay - y) ** 2 };
}
