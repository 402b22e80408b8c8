// A device whose owner saves data.
Object.defineProperty(navigator, "connection", { value: { saveData: true } });
