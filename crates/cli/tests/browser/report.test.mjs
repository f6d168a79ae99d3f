// A report in a browser, as a reader has it: opened from disk, pointed at, driven by keys, zoomed, printed.
//
//   REPORT=out/asia-peak-overflow-1/report.html SHOTS=shots npm test
//
// REPORT   the page; its run directory is around it
// SHOTS    where screenshots go; none are taken without it
// CHROMIUM the browser; `/usr/bin/chromium` if it is not set
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const report = resolve(process.env.REPORT ?? 'report.html');
const shots = process.env.SHOTS && resolve(process.env.SHOTS);
const url = pathToFileURL(report).href;
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const DESKTOP = { width: 1400, height: 900 }, PHONE = { width: 390, height: 844 };

let browser;
before(async () => {
  if (shots) await mkdir(shots, { recursive: true });
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
  });
});
after(() => browser?.close());

/** Opens the page, and at the end of the test demands that nothing went wrong and nothing was asked for. */
async function open(t, { viewport = DESKTOP, ...options } = {}) {
  const context = await browser.newContext({ viewport, acceptDownloads: true, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on('console', (message) => { if (message.type() === 'error') wrong.push(`console: ${message.text()}`); });
  page.on('pageerror', (error) => wrong.push(`error: ${error.message}`));
  page.on('request', (request) => {
    const asked = request.url();
    if (asked !== url && !asked.startsWith('data:') && !asked.startsWith('blob:')) wrong.push(`request: ${asked}`);
  });
  t.after(async () => {
    await context.close();
    assert.deepEqual(wrong, []);
  });
  await page.goto(url);
  return page;
}

/** The embedded file behind the charts, by column. */
async function timeline(page) {
  const [name, text] = await page.evaluate(() => {
    const script = document.querySelector('script[data-file^="timeline"]');
    return [script.dataset.file, script.textContent];
  });
  const [head, ...rows] = text.trimEnd().split('\n').map((line) => line.split(','));
  return { name, text, rows: rows.length, cell: (row, column) => rows[row][head.indexOf(column)] };
}

/** All values that are shown for the moment under the cursor. */
const shown = (page) => page.$$eval('#time .cell data', (cells) =>
  cells.map((cell) => ({ value: cell.value, of: cell.dataset.of, text: cell.textContent })));

/** Fails unless each value is what the file holds at the place that it names. */
function compare(values, { name, cell }) {
  assert.ok(values.length > 8, `${values.length} values`);
  for (const { value, of } of values) {
    const [, file, formula, row] = /^([^#]+)#(.+)@(\d+)$/.exec(of);
    assert.equal(file, name);
    const at = (column) => cell(Number(row), column);
    if (at(formula) !== undefined) {
      assert.equal(value, at(formula), of);
    } else if (formula === 'cost_usd-twin_cost_usd') {
      assert.equal(Number(value), at('cost_usd') - at('twin_cost_usd'), of);
    } else {
      const [, part, whole] = /^(.+)\/([^/]+)$/.exec(formula);
      assert.equal(Number(value), at(part) / at(whole), of);
    }
  }
}

async function pointAt(page, panel, part) {
  const plot = page.locator(`#${panel} .plot`).first();
  await plot.scrollIntoViewIfNeeded();
  const box = await plot.boundingBox();
  const point = [box.x + box.width * part, box.y + box.height / 2];
  await page.mouse.move(...point);
  return point;
}

const axisText = (page) => page.locator('#axis .ticks').textContent();

test('pointing at any chart reads all charts at that moment', async (t) => {
  const page = await open(t);
  const file = await timeline(page);
  for (const [panel, part] of [['lanes', 0.4], ['share', 0.5], ['ttft', 0.8], ['cost', 0.9], ['attempts', 0.25], ['limits', 0.6]]) {
    const before = await page.evaluate(() => document.documentElement.scrollHeight);
    await pointAt(page, panel, part);
    const values = await shown(page);
    compare(values, file);
    const row = Number(/@(\d+)$/.exec(values[0].of)[1]);
    assert.ok(Math.abs(row - part * file.rows) <= 2, `${panel}: row ${row} of ${file.rows}`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollHeight), before, 'nothing moves');
  }
  const lines = await page.$$eval('#time .cursor', (lines) => lines.map((line) => line.style.visibility));
  assert.ok(lines.length >= 7 && lines.every((visibility) => visibility === 'visible'));
  assert.match(await page.locator('#now').textContent(), /\d\d:\d\d/);
  await page.mouse.move(5, 5);
  assert.equal(await page.locator('#now').textContent(), 'whole run');
});

test('keys move the moment, zoom and reset', async (t) => {
  const page = await open(t);
  const file = await timeline(page);
  await page.locator('#scrub').focus();
  const row = async () => Number(await page.locator('#scrub').getAttribute('aria-valuenow'));
  await page.keyboard.press('Home');
  assert.equal(await row(), 0);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  assert.equal(await row(), 2);
  await page.keyboard.press('ArrowLeft');
  assert.equal(await row(), 1);
  await page.keyboard.press('End');
  assert.equal(await row(), file.rows - 1);
  await page.keyboard.press('PageUp');
  assert.ok((await row()) < file.rows - 2);
  compare(await shown(page), file);
  const whole = await axisText(page);
  await page.keyboard.press('+');
  assert.notEqual(await axisText(page), whole);
  await page.keyboard.press('0');
  assert.equal(await axisText(page), whole);
  await page.waitForFunction(() => /\d\d:\d\d: .*leaked/.test(document.getElementById('spoken').textContent));
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('#now').textContent(), 'whole run');
});

test('dragging across a chart zooms all of them, and reset shows everything again', async (t) => {
  const page = await open(t);
  const whole = await axisText(page);
  const boxes = () => page.$$eval('#time svg.zoom', (zooms) => zooms.map((zoom) => zoom.getAttribute('viewBox').split(' ')));
  const before = await boxes();
  const [x, y] = await pointAt(page, 'share', 0.3);
  await page.mouse.down();
  await page.mouse.move(x + 200, y, { steps: 4 });
  await page.mouse.up();
  assert.notEqual(await axisText(page), whole);
  const zoomed = await boxes();
  assert.ok(zoomed.every((box) => box[0] === zoomed[0][0] && box[2] === zoomed[0][2]), 'all show the same stretch');
  assert.ok(Number(zoomed[0][2]) < Number(before[0][2]) / 3);
  compare(await shown(page), await timeline(page));
  if (shots) await page.screenshot({ path: join(shots, 'zoomed.png'), fullPage: true });
  await page.locator('#reset').click();
  assert.equal(await axisText(page), whole);
  assert.deepEqual(await boxes(), before);
});

test('each chart saves its data, and the page holds the files of its directory', async (t) => {
  const page = await open(t);
  const file = await timeline(page);
  if (file.name === 'timeline.csv') {
    assert.equal(file.text, await readFile(join(dirname(report), 'timeline.csv'), 'utf8'));
  }
  const downloading = page.waitForEvent('download');
  await page.locator('#share button.csv').click();
  const saved = await readFile(await (await downloading).path(), 'utf8');
  const [head, ...rows] = saved.trimEnd().split('\n').map((line) => line.split(','));
  assert.equal(rows.length, file.rows);
  assert.deepEqual(head.slice(0, 4), ['at_s', 'bucket_s', 'arrived', 'served_by_plan']);
  assert.ok(head.some((column) => column.startsWith('served:')));
  head.forEach((column, index) => assert.equal(rows[7][index], file.cell(7, column), column));
});

test('every figure and table saves data of its own', async (t) => {
  const count = await (await open(t)).locator('button.csv:visible').count();
  assert.ok(count >= 10, `${count} buttons`);
  for (let index = 0; index < count; index += 1) {
    // A page of its own for each: browsers ask before one page saves many files, and nobody is there to answer.
    const page = await open(t);
    const button = page.locator('button.csv:visible').nth(index);
    const name = await button.getAttribute('aria-label');
    const downloading = page.waitForEvent('download');
    await button.click();
    const saved = await readFile(await (await downloading).path(), 'utf8');
    const lines = saved.trimEnd().split('\n');
    assert.ok(lines.length > 1 && lines[0].includes(','), `${name}: ${lines.length} lines`);
    const file = await button.getAttribute('data-file');
    if (file === 'ledger.csv' || file === 'flow.csv') {
      assert.equal(saved, await readFile(join(dirname(report), file), 'utf8'));
    }
    await page.close();
  }
});

test('the flow of requests can be seen as requests, tokens and money', async (t) => {
  const page = await open(t);
  const flow = page.locator('#flow svg.sankey[role]:visible');
  const seen = new Set();
  for (const unit of ['tokens', 'money', 'requests']) {
    await page.locator(`#flow [data-switch="${unit}"]`).click();
    assert.equal(await flow.count(), 1, unit);
    assert.match(await flow.getAttribute('aria-label'), new RegExp(unit));
    seen.add(await flow.textContent());
  }
  assert.equal(seen.size, 3, 'three different pictures');
});

test('a part of the flow is followed by keyboard', async (t) => {
  const page = await open(t);
  const flow = page.locator('#flow svg.sankey[role]:visible');
  const [followed, all] = [flow.locator('.with'), flow.locator('.link, .node')];
  assert.equal(await followed.count(), 0);
  await flow.locator('.node').first().focus();
  const some = await followed.count();
  assert.ok(some > 1 && some < await all.count(), `${some} parts`);
  const tip = page.locator('#flow .flow-tip');
  assert.match(await tip.textContent(), /: [\d,]+ requests?$/);
  const first = await tip.textContent();
  await page.keyboard.press('Tab');
  assert.notEqual(await tip.textContent(), first, 'the next part');
  assert.ok(await followed.count() > 1);
  await page.keyboard.press('Escape');
  assert.equal(await followed.count(), 0);
  assert.equal(await tip.textContent(), '');
});

test('the table of faults is sorted by any column, both ways, by keyboard', async (t) => {
  const page = await open(t);
  const heads = page.locator('#faults table.sortable thead th');
  const column = (await heads.allTextContents()).findIndex((text) => text.includes('lasted'));
  const lasted = () => page.$$eval('#faults table.sortable tbody tr', (rows, column) =>
    rows.map((row) => Number(row.cells[column].querySelector('data').value)), column);
  const before = await lasted();
  assert.ok(before.length > 2);
  const rising = before.toSorted((a, b) => a - b);
  assert.notDeepEqual(before, rising, 'the table shows something by itself');
  await heads.nth(column).locator('button').focus();
  await page.keyboard.press('Enter');
  assert.deepEqual(await lasted(), rising);
  assert.equal(await heads.nth(column).getAttribute('aria-sort'), 'ascending');
  await page.keyboard.press('Enter');
  assert.deepEqual(await lasted(), rising.toReversed());
  assert.equal(await heads.nth(column).getAttribute('aria-sort'), 'descending');
});

for (const [name, viewport] of [['desktop', DESKTOP], ['phone', PHONE]]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`accessible and within the screen: ${name}, ${colorScheme}`, async (t) => {
      const page = await open(t, { viewport, colorScheme, hasTouch: name === 'phone' });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.equal(wide, 0, 'no scrolling sideways');
      await page.addScriptTag({ path: axe });
      const { violations } = await page.evaluate(() => window.axe.run());
      const bad = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      assert.deepEqual(bad.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`), []);
      if (shots) await page.screenshot({ path: join(shots, `${name}-${colorScheme}.png`), fullPage: true });
    });
  }
}

test('the button changes the theme', async (t) => {
  const page = await open(t, { colorScheme: 'light' });
  const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await paper();
  await page.locator('#theme').click();
  assert.notEqual(await paper(), light);
  await page.locator('#theme').click();
  assert.equal(await paper(), light);
});

test('on paper all is there, in light colours and without buttons', async (t) => {
  const page = await open(t, { colorScheme: 'dark' });
  const dark = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor), dark);
  // Of the buttons only the heads of columns, which sort on screens, are on paper.
  assert.equal(await page.locator('button:not(th button):visible').count(), 0);
  assert.ok((await page.locator('figure:visible').count()) >= 6);
  // The width of A4 less its margins at 96 pixels an inch: nothing is wider, as paper does not scroll.
  await page.setViewportSize({ width: 718, height: 1000 });
  const wide = await page.evaluate(() =>
    [...document.querySelectorAll('main *, header *')]
      .filter((element) => element.getClientRects().length > 0 && !element.closest('.unseen, svg svg'))
      .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
      .map((element) => `${element.tagName} ${element.getAttribute('class')} in ${element.closest('section')?.id}`));
  assert.deepEqual([...new Set(wide)], []);
  await page.emulateMedia({ media: null });
  if (shots) await page.pdf({ path: join(shots, 'print.pdf'), format: 'A4', printBackground: true });
});

test('without its script the page has all charts', async (t) => {
  const page = await open(t, { javaScriptEnabled: false });
  assert.ok((await page.locator('#time figure svg path').count()) > 10);
  assert.equal(await page.locator('button:visible').count(), 0);
  if (shots) await page.screenshot({ path: join(shots, 'no-script.png'), fullPage: true });
});
