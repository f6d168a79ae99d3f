// The Perfetto UI in a headless browser, from a folder of its files: opens traces, answers SQL.

import { createServer } from 'node:http';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const TYPES = {
  '.css': 'text/css', '.html': 'text/html', '.js': 'text/javascript', '.json': 'application/json',
  '.png': 'image/png', '.wasm': 'application/wasm', '.woff2': 'font/woff2',
};

// Serves the folder, and the trace as /trace.
function serve(folder, trace) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname));
    const file = path === '/trace' ? trace : join(folder, path === '/' ? 'index.html' : path);
    if (path.includes('..') || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(response);
  });
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)));
}

const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--no-first-run'];

/** Opens a trace: its page, what went wrong there, and a function that answers SQL. Whole numbers come as text. */
export async function openTrace({ ui, trace, chrome, size = { width: 1600, height: 1200 } }) {
  const server = await serve(ui, trace);
  const origin = `http://127.0.0.1:${server.address().port}`;
  const browser = await chromium.launch({ executablePath: chrome, args: ARGS });
  const close = async () => {
    await browser.close();
    server.close();
  };
  try {
    const context = await browser.newContext({ viewport: size, serviceWorkers: 'block' });
    // The UI asks its makers for news and sends statistics: nothing but this server answers.
    await context.route((url) => url.origin !== origin, (route) => route.abort());
    const page = await context.newPage();
    const said = [];
    page.on('pageerror', (error) => said.push(String(error)));
    await page.goto(`${origin}/#!/?url=${encodeURIComponent(`${origin}/trace`)}`);
    await page.waitForFunction(() => globalThis.app?.trace?.engine !== undefined, null, { timeout: 120_000 });
    const query = (sql) => page.evaluate(async (sql) => {
      const result = await globalThis.app.trace.engine.query(sql);
      const columns = result.columns();
      const plain = (value) => (typeof value === 'bigint' ? String(value) : value);
      const rows = [];
      for (const row = result.iter({}); row.valid(); row.next()) {
        rows.push(Object.fromEntries(columns.map((column) => [column, plain(row.get(column))])));
      }
      return rows;
    }, sql);
    const expandAll = async () => {
      await page.waitForTimeout(2_000);
      await page.mouse.click(240, 155);
      await page.waitForTimeout(2_000);
    };
    return { page, query, said, expandAll, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Reads a trace as chrome://tracing does. */
export async function openViewer({ viewer, text, chrome }) {
  const browser = await chromium.launch({ executablePath: chrome, args: ARGS });
  try {
    const page = await browser.newPage();
    await page.goto(pathToFileURL(viewer).href);
    await page.waitForFunction(() => globalThis.tr?.importer?.Import !== undefined, null, { timeout: 60_000 });
    return await page.evaluate((text) => {
      const { tr } = globalThis;
      const model = new tr.Model();
      new tr.importer.Import(model, new tr.importer.ImportOptions()).importTraces([text]);
      let slices = 0;
      for (const thread of Object.values(model.processes).flatMap((process) => Object.values(process.threads))) {
        slices += thread.sliceGroup.slices.length + thread.asyncSliceGroup.slices.length;
      }
      return {
        slices,
        warnings: model.importWarnings.map(({ message }) => message),
        processes: Object.values(model.processes).map(({ name }) => name),
      };
    }, text);
  } finally {
    await browser.close();
  }
}
