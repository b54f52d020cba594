// The database's health check: makes it a replica set of one member at the first call, and is content when
// that member takes writes. Which name the member has is said by the URL that the parts are given.
try {
  rs.status();
} catch (error) {
  if (error.codeName !== "NotYetInitialized") throw error;
  rs.initiate({ _id: "relevo", members: [{ _id: 0, host: "mongo:27017" }] });
}
quit(db.hello().isWritablePrimary ? 0 : 1);
