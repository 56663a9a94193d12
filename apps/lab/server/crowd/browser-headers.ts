/**
 * What a Chromium sends along when a page asks, so that the bytes counted are those that browsers would cause: the headers are most of a poll. `Host`,
 * `Connection` and what a transport itself needs are added by its client.
 */
export const browserHeaders: Readonly<Record<string, string>> = {
  'User-Agent':
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  'Accept-Encoding': 'gzip, deflate, br, zstd',
  'Accept-Language': 'en-US,en;q=0.9',
}

/** Of a `fetch` by a page of another port. */
export const fetchHeaders: Readonly<Record<string, string>> = {
  ...browserHeaders,
  'sec-ch-ua': '"Chromium";v="156", "Not_A Brand";v="24"',
  'sec-ch-ua-mobile': '?0',
  'sec-ch-ua-platform': '"Linux"',
  'Sec-Fetch-Site': 'same-site',
  'Sec-Fetch-Mode': 'cors',
  'Sec-Fetch-Dest': 'empty',
}
