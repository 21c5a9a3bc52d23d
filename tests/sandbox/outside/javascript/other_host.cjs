// The official JavaScript SDK against the sandbox over plain http, by a `fetch` of one's own: SANDBOX is its origin.
const { Dropbox } = require("dropbox");
const fetch = require("node-fetch");

const { KEY, SECRET, REFRESH_TOKEN, SANDBOX } = process.env;

const client = new Dropbox({
  clientId: KEY,
  clientSecret: SECRET,
  refreshToken: REFRESH_TOKEN,
  fetch: (url, options) => fetch(url.replace(/^https:\/\/[^/]+/, SANDBOX), options),
});

client.usersGetCurrentAccount().then((answer) => console.log(answer.result.email));
