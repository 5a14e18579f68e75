print $"naïve (char --unicode '65e5')(char --unicode '672c') 🙂"
