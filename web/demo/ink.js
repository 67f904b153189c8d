// Lines on the board that fade away after a few seconds. Draws only while there is something to fade.

const LIFE_MS = 7_000;
const FADE_MS = 2_500; // of which it is fading
const LINES_MAX = 3_000; // the oldest go first

export class Ink {
  #canvas;
  #context;
  #lines = []; // {points, hue, at}, oldest first
  #frame = null;
  #dark = matchMedia('(prefers-color-scheme: dark)');

  constructor(canvas) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d');
    new ResizeObserver(() => this.#resize()).observe(canvas);
    this.#dark.addEventListener('change', () => this.#schedule());
  }

  /** `points`: each [x, y], 0 to 1 of the canvas; joined by lines in the colour of `hue`. */
  draw(points, hue) {
    this.#lines.push({ points, hue, at: performance.now() });
    if (this.#lines.length > LINES_MAX) this.#lines.shift();
    this.#schedule();
  }

  clear() {
    this.#lines = [];
    this.#schedule();
  }

  #resize() {
    const scale = Math.min(devicePixelRatio || 1, 2);
    this.#canvas.width = Math.round(this.#canvas.clientWidth * scale);
    this.#canvas.height = Math.round(this.#canvas.clientHeight * scale);
    this.#schedule();
  }

  #schedule() {
    this.#frame ??= requestAnimationFrame(() => this.#render());
  }

  #render() {
    this.#frame = null;
    const { width, height } = this.#canvas;
    const context = this.#context;
    const now = performance.now();
    this.#lines = this.#lines.filter((line) => now - line.at < LIFE_MS);
    context.clearRect(0, 0, width, height);
    context.lineWidth = Math.max(2.5, width / 220);
    context.lineCap = context.lineJoin = 'round';
    for (const { points, hue, at } of this.#lines) {
      context.globalAlpha = Math.min(1, (LIFE_MS - (now - at)) / FADE_MS);
      context.strokeStyle = `oklch(${this.#dark.matches ? '0.76 0.14' : '0.6 0.17'} ${hue})`;
      context.beginPath();
      points.forEach(([x, y], index) => (index === 0 ? context.moveTo(x * width, y * height) : context.lineTo(x * width, y * height)));
      context.stroke();
    }
    context.globalAlpha = 1;
    if (this.#lines.length > 0) this.#schedule();
  }
}
