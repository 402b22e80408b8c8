// The disk is full from the moment the page says so.
let isFull = false;
const put = IDBObjectStore.prototype.put;
IDBObjectStore.prototype.put = function (value, key) {
  if (isFull) throw new DOMException("No room.", "QuotaExceededError");
  return put.call(this, value, key);
};
const channel = new BroadcastChannel("disk");
channel.onmessage = () => {
  isFull = true;
  channel.postMessage("full");
};
