/**
 * The ways in which a dev server of Vite may be asked for a file of this machine: as it is, through its transforms, as a module, and written so
 * that a check may take it for another one.
 *
 * @param file absolute path
 */
export function viteAddresses(file: string): string[] {
  const encoded = encodeURIComponent(file)
  const [folder, name] = [file.slice(0, file.lastIndexOf('/')), file.slice(file.lastIndexOf('/') + 1)]
  const queries = [
    ...['?raw', '?url', '?import', '?import&raw', '?import&url', '?raw&import', '?inline', '?import&inline'],
    ...[
      '?raw?',
      '?raw??',
      '?import&raw??',
      '?url??',
      '?.svg?import',
      '?.svg?raw',
      '?import&?inline=1.wasm?init',
    ],
    ...[
      '?worker',
      '?worker_file',
      '?worker_file&type=module',
      '?worker_file&type=classic',
      '?sharedworker&url',
      '?html-proxy',
      '?direct',
      '?init',
      '?t=1&raw',
    ],
    ...[
      '?vue&type=script&raw',
      '?vue&type=style&lang.css',
      '?v=1',
      '?raw=1',
      '?%72aw',
      '#raw',
      '?vite-wasm-instance',
    ],
  ]
  return [
    ...queries.map((query) => `/@fs${file}${query}`),
    ...['?raw', '?url', '?import', ''].flatMap((query) => [
      `/@fs/${file}${query}`,
      `/@fs${encoded.replaceAll('%2F', '/')}${query}`,
      `/@fs/${encoded}${query}`,
      `/@fs/${encodeURIComponent(encoded)}${query}`,
      `/@fs${folder}/./${name}${query}`,
      `/@fs${folder}/x/../${name}${query}`,
      `/@fs${folder}/x/%2e%2e/${name}${query}`,
      `/@fs${folder}/x/..%2f${name}${query}`,
      `/@fs${folder}/x/..;/${name}${query}`,
      `/@fs${folder}\\${name}${query}`,
      `/@fs${folder}/${name}%00.ts${query}`,
      `/@fs${folder}/${name}/${query}`,
      `/@fs${folder}/${name}.${query}`,
      `/@fs${folder}/${name}:$DATA${query}`,
      `/@fs${folder}/${name.toUpperCase()}${query}`,
      `/@FS${file}${query}`,
      `/@id/${file}${query}`,
      `/@id/@fs${file}${query}`,
      `/@id/__x00__${file}${query}`,
      `/@id/${encoded}${query}`,
      `${file}${query}`,
      `/${file}${query}`,
    ]),
  ]
}
