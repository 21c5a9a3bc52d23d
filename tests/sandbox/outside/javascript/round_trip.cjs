// What the official JavaScript SDK can do with a Dropbox. Its own code, its own hosts. Prints one JSON object.
const crypto = require("node:crypto");
const { Dropbox, DropboxAuth, DropboxResponseError } = require("dropbox");

const { KEY, SECRET, REFRESH_TOKEN, CODE, REDIRECT_URI } = process.env;

async function refusal(promise) {
  try {
    await promise;
  } catch (problem) {
    if (problem instanceof DropboxResponseError) return { status: problem.status, error: problem.error };
    throw problem;
  }
  return null;
}

async function sessions(client) {
  const parts = [Buffer.alloc(4 * 1024 * 1024, "a"), Buffer.from("the end")];
  const started = await client.filesUploadSessionStart({ contents: parts[0] });
  const cursor = { session_id: started.result.session_id, offset: parts[0].length };
  const commit = { path: "/js/session.bin", mode: { ".tag": "overwrite" } };
  const finished = await client.filesUploadSessionFinish({ cursor, commit, contents: parts[1] });
  return finished.result.size;
}

async function listing(client) {
  const names = [];
  let page = await client.filesListFolder({ path: "/js", recursive: true, limit: 2 });
  for (;;) {
    names.push(...page.result.entries.map((entry) => entry.path_display));
    if (!page.result.has_more) return names.sort();
    page = await client.filesListFolderContinue({ cursor: page.result.cursor });
  }
}

async function main() {
  const auth = new DropboxAuth({ clientId: KEY, clientSecret: SECRET, refreshToken: REFRESH_TOKEN });
  const client = new Dropbox({ auth });
  const found = {};
  found.account = (await client.usersGetCurrentAccount()).result.email;
  found.expires = auth.getAccessTokenExpiresAt() > new Date();
  const name = "/js/übung 🎉 日本.txt";
  const content = Buffer.from("größer");
  const uploaded = await client.filesUpload({ path: name, contents: content });
  found.uploaded = uploaded.result.path_display;
  found.hash = uploaded.result.content_hash;
  const digest = crypto.createHash("sha256").update(content).digest();
  found.ownHash = crypto.createHash("sha256").update(digest).digest("hex");
  found.downloaded = (await client.filesDownload({ path: name })).result.fileBinary.toString();
  found.missing = await refusal(client.filesGetMetadata({ path: "/missing" }));
  found.conflict = await refusal(client.filesUpload({ path: name, contents: "other" }));
  found.malformed = (await refusal(client.filesGetMetadata({ path: "no slash" }))).status;
  found.session = await sessions(client);
  await client.filesCopyV2({ from_path: name, to_path: "/js/copy.txt" });
  await client.filesMoveV2({ from_path: "/js/copy.txt", to_path: "/js/moved.txt" });
  found.listed = await listing(client);
  found.revisions = (await client.filesListRevisions({ path: name })).result.entries.length;
  const link = (await client.filesGetTemporaryLink({ path: name })).result.link;
  found.link = new URL(link).protocol;
  const deleted = await client.filesDeleteV2({ path: "/js/moved.txt" });
  found.deleted = deleted.result.metadata[".tag"];
  found.used = (await client.usersGetSpaceUsage()).result.used;
  const code = new DropboxAuth({ clientId: KEY, clientSecret: SECRET });
  found.authorizeUrl = await code.getAuthenticationUrl(REDIRECT_URI, "state", "code", "offline", ["account_info.read"]);
  found.exchanged = (await code.getAccessTokenFromCode(REDIRECT_URI, CODE)).result.account_id;
  await client.authTokenRevoke();
  found.afterRevoke = (await refusal(client.usersGetCurrentAccount())).status;
  console.log(JSON.stringify(found));
}

main();
