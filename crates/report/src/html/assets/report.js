// The page without this script is complete. It adds: one cursor through all charts over time, zoom, downloads, the theme.
// The embedded CSV files are the only data that it reads.
(() => {
  'use strict';
  const $ = (id) => document.getElementById(id);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const root = document.documentElement;
  root.classList.add('js');

  // --- Data -------------------------------------------------------------------------------------------------------------

  const files = new Map();
  for (const script of all('script[type="text/csv"]')) {
    files.set(script.dataset.file, script.textContent.replace(/\\(u003c|\\)/g, (_, c) => (c === '\\' ? '\\' : '<')));
  }

  /** Fields may be quoted, and quotes in them doubled. */
  function parse(text) {
    const rows = [];
    let row = [], field = '', quoted = false;
    for (let i = 0; i < text.length; i++) {
      const c = text[i];
      if (quoted) {
        if (c !== '"') field += c;
        else if (text[i + 1] === '"') { field += '"'; i++; }
        else quoted = false;
      } else if (c === '"') quoted = true;
      else if (c === ',') { row.push(field); field = ''; }
      else if (c === '\n') { row.push(field); rows.push(row); row = []; field = ''; }
      else field += c;
    }
    return rows;
  }

  const quote = (field) => (/[",\n]/.test(field) ? `"${field.replace(/"/g, '""')}"` : field);

  function save(name, text) {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
    link.download = name;
    link.click();
    // A busy browser may take its time to begin.
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  const scenario = document.title.replace(/[^\p{L}\p{N}._-]+/gu, '-') || 'run';
  const timelineName = files.has('timeline.csv') ? 'timeline.csv' : 'timeline-condensed.csv';

  function download(button) {
    const { file = timelineName, columns, name } = button.dataset;
    const text = files.get(file);
    if (text === undefined) return;
    if (!columns) return save(`${scenario}-${file}`, text);
    const wanted = ['at_s', 'bucket_s', ...columns.split('|')];
    const rows = parse(text);
    const keep = rows[0].flatMap((column, index) =>
      wanted.some((w) => column === w || (/[:_]$/.test(w) && column.startsWith(w))) ? [index] : []);
    save(`${scenario}-${name}.csv`, rows.map((row) => keep.map((i) => quote(row[i])).join(',') + '\n').join(''));
  }
  for (const button of all('button.csv')) button.addEventListener('click', () => download(button));

  // --- Theme, print, copy -----------------------------------------------------------------------------------------------

  const dark = () => root.dataset.theme === 'dark' ||
    (!root.dataset.theme && matchMedia('(prefers-color-scheme: dark)').matches);
  const theme = $('theme');
  const showTheme = () => theme.setAttribute('aria-pressed', String(dark()));
  theme.addEventListener('click', () => { root.dataset.theme = dark() ? 'light' : 'dark'; showTheme(); });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', showTheme);
  showTheme();
  $('print').addEventListener('click', () => print());
  $('copy').addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText($('repro').textContent);
      $('copy').textContent = 'Copied';
    } catch {
      // No clipboard for this page: mark it, so that a key press copies it.
      getSelection().selectAllChildren($('repro'));
      $('copy').textContent = 'Selected';
    }
    setTimeout(() => { $('copy').textContent = 'Copy'; }, 1500);
  });

  // --- Words, as the rest of the page has them --------------------------------------------------------------------------

  const group = (n) => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  function percent(share) {
    const p = Math.abs(share) * 100, sign = share < 0 ? '-' : '';
    if (p === 0) return '0';
    if (p < 0.01) return `${sign}<0.01`;
    if (p < 0.995) return sign + p.toFixed(2);
    if (p > 99 && p < 100) return sign + (Math.floor(p * 100) / 100).toFixed(2);
    if (Math.abs(p - 100) < 1e-9) return `${sign}100`;
    return sign + (p < 99.95 ? p.toFixed(1) : p.toFixed(0));
  }
  function seconds(s) {
    const pair = (total, large, a, b) => {
      const [x, y] = [Math.floor(total / large), total % large];
      return y ? `${x}${a} ${y}${b}` : x + a;
    };
    if (s === 0) return '0s';
    if (s < 0.0005) return '<1ms';
    if (s < 0.9995) return `${Math.round(s * 1e3)}ms`;
    if (s < 9.95) return `${s.toFixed(1).replace(/\.0$/, '')}s`;
    if (s < 59.5) return `${Math.round(s)}s`;
    if (s < 3599.5) return pair(Math.round(s), 60, 'm', 's');
    if (s < 86370) return pair(Math.round(s / 60), 60, 'h', 'm');
    return pair(Math.round(s / 3600), 24, 'd', 'h');
  }
  function dollars(x, plus = '') {
    const size = Math.abs(x), sign = x < 0 ? '-' : x > 0 ? plus : '';
    if (size === 0) return '$0';
    if (size >= 999.995) return `${sign}$${group(Math.round(size))}`;
    if (size >= 0.1) return `${sign}$${size.toFixed(2)}`;
    return size >= 0.0001 ? `${sign}$${size.toFixed(4)}` : `${sign}<$0.0001`;
  }
  const words = {
    percent: (x) => `${percent(x)} %`,
    seconds,
    dollars: (x) => dollars(x),
    difference: (x) => dollars(x, '+'),
    count: (x) => group(x),
    ratio: (x) => x.toFixed(3),
  };

  // --- Time axis --------------------------------------------------------------------------------------------------------

  const section = $('time');
  if (!section) return;
  const [header, ...rows] = parse(files.get(timelineName));
  const column = new Map(header.map((name, index) => [name, index]));
  const horizon = Number(section.dataset.horizonS), width = Number(section.dataset.columnS);
  const startOfDay = Number(section.dataset.startS), firstDate = section.dataset.date;
  const columns = horizon / width;
  const DAY = 86400;
  const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
    DAY, 2 * DAY, 5 * DAY, 10 * DAY, 30 * DAY];
  const two = (n) => String(n).padStart(2, '0');

  /** `days` after a date like `Wed 18 Nov 2026`; later dates go without the year. */
  function date(days) {
    if (days === 0) return firstDate;
    const first = /^\w{3} (\d+) (\w{3}) (\d+)$/.exec(firstDate);
    const month = first ? 'JanFebMarAprMayJunJulAugSepOctNovDec'.indexOf(first[2]) / 3 : -1;
    if (!Number.isInteger(month) || month < 0) return `day ${days + 1}`;
    const day = new Date(Date.UTC(+first[3], month, +first[1] + days));
    const [weekday, , name] = day.toUTCString().split(' ');
    return `${weekday.slice(0, 3)} ${day.getUTCDate()} ${name}`;
  }
  function clock(s, fine) {
    const local = Math.floor(startOfDay + s), time = local % DAY;
    return `${two(Math.floor(time / 3600))}:${two(Math.floor(time / 60) % 60)}${fine ? `:${two(time % 60)}` : ''}`;
  }
  const dayOf = (s) => Math.floor((startOfDay + s) / DAY);
  const days = dayOf(Math.max(0, horizon - 1e-6));

  function ticks(from, until, most) {
    const step = STEPS.find((s) => (until - from) / s <= most) || 365 * DAY;
    const unit = Math.min(step, DAY), list = [];
    let local = Math.ceil((startOfDay + from) / unit) * unit;
    if (step > DAY) {
      const midnight = Math.ceil(startOfDay / DAY) * DAY;
      local = midnight + Math.ceil(Math.max(0, startOfDay + from - midnight) / step) * step;
    }
    let day = null;
    for (; local - startOfDay <= until; local += step) {
      const s = local - startOfDay;
      list.push({ s, time: step < DAY ? clock(s, step < 60) : '', date: dayOf(s) !== day ? date(dayOf(s)) : '' });
      day = dayOf(s);
    }
    return list;
  }

  const plots = all('.plot', section);
  const zooms = all('svg.zoom', section);
  const scrub = $('scrub');
  const NS = section.querySelector('svg').namespaceURI;
  const make = (name, attributes, text) => {
    const element = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  };

  // What is seen, in columns, and the column that is read.
  let view = [0, columns];
  let cursor = null;
  const least = Math.min(columns, 4);
  // Width of a plot on paper in pixels, while it is printed: less than that of any paper, so that nothing overlaps.
  let paper = 0;
  const place = (x) => ((x - view[0]) / (view[1] - view[0])) * 100;

  function drawAxis() {
    const room = paper || scrub.clientWidth || 900;
    const list = ticks(view[0] * width, view[1] * width, Math.max(2, Math.min(12, Math.floor(room / 54))));
    for (const svg of all('svg.ticks', section)) {
      const labels = make('g', {});
      let free = -Infinity;
      for (const tick of list) {
        const x = place(tick.s / width), px = (x / 100) * room;
        const anchor = px < 30 ? 'start' : px > room - 30 ? 'end' : 'middle';
        if (tick.time) labels.append(make('text', { class: 'tick', x: `${x}%`, y: 28, 'text-anchor': anchor }, tick.time));
        if (tick.date && px > free) {
          const side = px < 60 ? 'start' : px > room - 60 ? 'end' : 'middle';
          labels.append(make('text', { class: 'tick date', x: `${x}%`, y: 13, 'text-anchor': side }, tick.date));
          free = px + 100;
        }
      }
      svg.replaceChildren(labels);
    }
    for (const grid of all('.grid', section)) {
      grid.replaceChildren(...list.map((tick) => {
        const x = `${place(tick.s / width)}%`;
        return make('line', { x1: x, x2: x, y1: 0, y2: '100%' });
      }));
    }
  }

  /** Patterns keep their shape while what they fill is stretched. */
  function drawPatterns() {
    const stretch = (view[1] - view[0]) / (paper || plots[0].clientWidth || 900);
    for (const pattern of all('.zoom pattern', section)) {
      pattern.setAttribute('patternTransform', `scale(${stretch},1)${pattern.id === 'hatch' ? ' rotate(45)' : ''}`);
    }
  }

  /** Labels of faults, the longest faults first, as far as there is room. */
  function drawLabels() {
    const taken = new Map();
    for (const label of all('.fault-label', section)) {
      const room = paper || label.ownerSVGElement.clientWidth || 900;
      const [from, until] = [label.dataset.from, label.dataset.until].map((s) => (place(s / width) / 100) * room);
      const lane = label.getAttribute('y');
      if (!taken.has(lane)) taken.set(lane, []);
      const busy = taken.get(lane);
      label.setAttribute('class', 'fault-label');
      let shown = false;
      for (const short of until < 0 || from > room ? [] : [false, true]) {
        label.classList.toggle('short', short);
        const length = label.getComputedTextLength() + 8;
        const left = Math.min(Math.max(0, from), room - length);
        if (left < 0 || busy.some(([a, b]) => left < b && a < left + length)) continue;
        busy.push([left, left + length]);
        label.setAttribute('x', `${(left / room) * 100}%`);
        shown = true;
        break;
      }
      if (!shown) label.setAttribute('class', 'fault-label hidden');
    }
  }

  function draw() {
    for (const zoom of zooms) {
      const box = zoom.getAttribute('viewBox').split(' ');
      zoom.setAttribute('viewBox', `${view[0]} 0 ${view[1] - view[0]} ${box[3]}`);
    }
    drawAxis();
    drawPatterns();
    drawLabels();
    const whole = view[0] === 0 && view[1] === columns;
    $('reset').disabled = $('earlier').disabled = $('later').disabled = $('zoom-out').disabled = whole;
    $('zoom-in').disabled = view[1] - view[0] <= least;
    drawCursor();
  }

  function show(from, until) {
    const size = Math.min(columns, Math.max(least, until - from));
    const left = Math.min(Math.max(0, (from + until - size) / 2), columns - size);
    view = [left, left + size];
    draw();
  }
  const reset = () => show(0, columns);
  function zoomBy(factor) {
    const middle = cursor !== null && cursor + 0.5 > view[0] && cursor + 0.5 < view[1] ? cursor + 0.5 : (view[0] + view[1]) / 2;
    show(middle - (middle - view[0]) * factor, middle + (view[1] - middle) * factor);
  }
  const pan = (part) => { const by = (view[1] - view[0]) * part; show(view[0] + by, view[1] + by); };

  // --- Cursor -----------------------------------------------------------------------------------------------------------

  const cells = all('.cell', section).map((cell) => ({ cell, whole: cell.innerHTML, ...cell.dataset }));
  const read = (row, name) => (column.has(name) ? rows[row][column.get(name)] : undefined);

  /** A cell's value in a row: what to show, the exact value, and where it stands. */
  function value(row, { num, den, peak, unit }) {
    const peaked = peak && column.has(peak) ? read(row, peak) : undefined;
    if (peaked !== undefined) return { raw: peaked, of: peak };
    const raw = read(row, num);
    if (raw === undefined || raw === '') return { raw: '' };
    if (!den) return { raw, of: num };
    const other = read(row, den);
    if (unit === 'difference') return { raw: String(Number(raw) - Number(other)), of: `${num}-${den}` };
    return Number(other) > 0 ? { raw: String(Number(raw) / Number(other)), of: `${num}/${den}` } : { raw: '' };
  }

  function moment(row) {
    const s = Number(read(row, 'at_s'));
    return (days > 0 ? `${date(dayOf(s)).replace(/ \d{4}$/, '')} ` : '') + clock(s, width < 60);
  }

  function drawCursor() {
    const on = cursor !== null && rows.length > 0;
    const x = on ? `${place(cursor + 0.5)}%` : '0';
    for (const line of all('.cursor', section)) {
      line.setAttribute('x1', x);
      line.setAttribute('x2', x);
      line.style.visibility = on ? 'visible' : 'hidden';
    }
    section.classList.toggle('at-moment', on);
    $('now').textContent = on ? moment(cursor) : 'whole run';
    scrub.setAttribute('aria-valuenow', on ? cursor : 0);
    scrub.setAttribute('aria-valuetext', on ? moment(cursor) : 'whole run');
    for (const entry of cells) {
      if (!on) { entry.cell.innerHTML = entry.whole; continue; }
      const { raw, of } = value(cursor, entry);
      if (raw === '') { entry.cell.textContent = '–'; continue; }
      const data = document.createElement('data');
      data.value = raw;
      data.dataset.of = `${timelineName}#${of}@${cursor}`;
      data.textContent = words[entry.unit](Number(raw));
      entry.cell.replaceChildren(data);
    }
  }

  let speaking = 0;
  function speak() {
    clearTimeout(speaking);
    speaking = setTimeout(() => {
      if (cursor === null) { $('spoken').textContent = 'whole run'; return; }
      const parts = cells.filter((entry) => entry.cell.closest('.key')).map((entry) =>
        `${entry.cell.closest('.key').querySelector('.name').textContent} ${entry.cell.textContent}`);
      $('spoken').textContent = `${moment(cursor)}: ${parts.join(', ')}`;
    }, 400);
  }

  function moveTo(row, follow) {
    cursor = row === null || !rows.length ? null : Math.min(Math.max(0, row), rows.length - 1);
    if (follow && cursor !== null && (cursor < view[0] || cursor + 1 > view[1])) {
      const size = view[1] - view[0];
      show(cursor + 0.5 - size / 2, cursor + 0.5 + size / 2);
    } else drawCursor();
  }

  section.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const from = cursor === null ? Math.floor(view[0]) - 1 : cursor;
    const page = Math.max(1, Math.round((view[1] - view[0]) / 24));
    const keys = {
      ArrowRight: () => moveTo(from + (event.shiftKey ? page : 1), true),
      ArrowLeft: () => moveTo(cursor === null ? Math.ceil(view[1]) - 1 : from - (event.shiftKey ? page : 1), true),
      PageDown: () => moveTo(from + page, true),
      PageUp: () => moveTo(from - page, true),
      Home: () => moveTo(Math.ceil(view[0]), true),
      End: () => moveTo(Math.floor(view[1] - 1e-9), true),
      '+': () => zoomBy(0.5),
      '=': () => zoomBy(0.5),
      '-': () => zoomBy(2),
      0: reset,
      Escape: () => { moveTo(null); reset(); },
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
    speak();
  });

  // --- Pointer ----------------------------------------------------------------------------------------------------------

  const columnAt = (event, box) =>
    view[0] + (Math.min(Math.max(0, event.clientX - box.left), box.width) / box.width) * (view[1] - view[0]);
  const brushes = all('.brush', section);
  let drag = null;

  function brush(on, a, b) {
    for (const rect of brushes) {
      rect.style.visibility = on ? 'visible' : 'hidden';
      if (!on) continue;
      rect.setAttribute('x', `${place(Math.min(a, b))}%`);
      rect.setAttribute('width', `${Math.abs(place(a) - place(b))}%`);
    }
  }

  for (const surface of [...plots, scrub]) {
    surface.addEventListener('pointermove', (event) => {
      const x = columnAt(event, surface.getBoundingClientRect());
      moveTo(Math.floor(x));
      if (drag) brush(Math.abs(event.clientX - drag.px) > 4, drag.x, x);
    });
    surface.addEventListener('pointerdown', (event) => {
      const x = columnAt(event, surface.getBoundingClientRect());
      moveTo(Math.floor(x));
      // A finger scrolls the page, and reads; there are buttons to zoom.
      if (event.button !== 0 || event.pointerType === 'touch' || surface === scrub) return;
      drag = { x, px: event.clientX };
      surface.setPointerCapture(event.pointerId);
    });
    surface.addEventListener('pointerup', (event) => {
      if (drag && Math.abs(event.clientX - drag.px) > 4) {
        const x = columnAt(event, surface.getBoundingClientRect());
        show(Math.min(drag.x, x), Math.max(drag.x, x));
      }
      drag = null;
      brush(false);
    });
    surface.addEventListener('pointercancel', () => { drag = null; brush(false); });
    surface.addEventListener('pointerleave', (event) => {
      if (!drag && event.pointerType !== 'touch') moveTo(null);
    });
    surface.addEventListener('dblclick', reset);
  }
  $('zoom-in').addEventListener('click', () => zoomBy(0.5));
  $('zoom-out').addEventListener('click', () => zoomBy(2));
  $('earlier').addEventListener('click', () => pan(-0.5));
  $('later').addEventListener('click', () => pan(0.5));
  $('reset').addEventListener('click', reset);

  new ResizeObserver(() => draw()).observe(scrub);
  // Paper has another width than the window.
  addEventListener('beforeprint', () => { paper = 390; cursor = null; draw(); });
  addEventListener('afterprint', () => { paper = 0; draw(); });
  draw();
})();
