// Opens pages of HTML in Chromium as their readers do, and prints them: node open.mjs FOLDER
// For every FOLDER/*.html: no console message, no request to anywhere, no finding of axe in light, dark and at 360 px,
// nothing wider than the window. Leaves FOLDER/NAME-a4.pdf, FOLDER/NAME-letter.pdf and FOLDER/NAME.heads.json for print.py.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { tmpdir } from 'node:os';

const require = createRequire(join(process.env.HTML_TOOLS, 'package.json'));
const { chromium } = require('playwright-core');
const axe = require.resolve('axe-core/axe.min.js');

const folder = resolve(process.argv[2]);
const pages = readdirSync(folder).filter((name) => name.endsWith('.html')).sort();
const profile = mkdtempSync(join(tmpdir(), 'mailtriage-chromium-'));
const looks = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  { name: '360 px', colorScheme: 'light', viewport: { width: 360, height: 740 } },
];
const faults = [];

const browser = await chromium.launchPersistentContext(profile, {
  executablePath: '/usr/bin/chromium',
  headless: true,
  // axe is put into the page by its inspector; the page itself forbids every script.
  bypassCSP: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});

async function look(page, name, { name: how, colorScheme, viewport }) {
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize(viewport);
  // Folded evidence is read too.
  await page.evaluate(() => document.querySelectorAll('details').forEach((folded) => { folded.open = true; }));
  const wide = await page.evaluate(() => {
    const window = document.documentElement.clientWidth;
    // A picture that is wider than a telephone is moved within its frame; nothing else is.
    const inScroller = (element) => element.closest('figure') !== null;
    const over = [...document.body.querySelectorAll('*')].filter((element) =>
      !inScroller(element) && element.getBoundingClientRect().right > window + 1);
    return [document.documentElement.scrollWidth - window, over.slice(0, 3).map((element) => element.outerHTML.slice(0, 120))];
  });
  if (wide[0] > 0 || wide[1].length) faults.push(`${name}, ${how}: ${wide[0]} px too wide: ${wide[1].join(' | ')}`);
  const found = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
  for (const { id, help, nodes } of found.violations) {
    faults.push(`${name}, ${how}: axe ${id}: ${help}: ${nodes.length}x ${nodes[0].html.slice(0, 160)}`);
  }
  return found.passes.length;
}

let passes = 0;
const page = await browser.newPage();
let said = [];
page.on('console', (message) => said.push(message.text()));
page.on('pageerror', (error) => said.push(String(error)));
page.on('request', (request) => { if (!request.url().startsWith('file:')) said.push(`asks for ${request.url()}`); });
for (const name of pages) {
  said = [];
  await page.goto(pathToFileURL(join(folder, name)).href);
  await page.addScriptTag({ path: axe });
  for (const how of looks) passes += await look(page, name, how);
  await page.reload();
  const path = join(folder, name.replace(/\.html$/, ''));
  const heads = await page.evaluate(() => [...document.querySelectorAll('h1, h2, h3, summary')].map((head) => head.textContent));
  writeFileSync(`${path}.heads.json`, JSON.stringify(heads));
  for (const format of ['A4', 'Letter']) {
    await page.pdf({ path: `${path}-${format.toLowerCase()}.pdf`, format, preferCSSPageSize: true, tagged: true });
  }
  faults.push(...said.map((text) => `${name}: ${text}`));
}
await browser.close();
rmSync(profile, { recursive: true, force: true });

faults.forEach((fault) => console.error(fault));
console.log(`chromium: ${pages.length} pages in light, dark and at 360 px; axe: ${passes} rules passed, ${faults.length} faults`);
process.exit(pages.length > 0 && faults.length === 0 ? 0 : 1);
