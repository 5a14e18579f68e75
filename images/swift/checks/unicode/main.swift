let ñ = "naïve"
print(ñ, "\u{65e5}\u{672c}", "🙂")
